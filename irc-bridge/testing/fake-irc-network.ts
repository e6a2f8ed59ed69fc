import { systemClock } from '@holdfast/effects/clock.ts';
import type { IrcEvent } from '../irc/irc-event.ts';
import type { ChannelMember, IrcNetwork, SpokenLine, UserWishes } from '../irc/irc-network.ts';
import { IrcRefusal } from '../irc/irc-refusal.ts';
import type { OpenNetwork } from '../process/start-bridge.ts';

/** A network in memory: what is said on it is kept, and the test says what others do. */
export class FakeIrcNetwork implements IrcNetwork {
  readonly id: string;
  readonly nickLength = 30;
  isConnected = true;
  readonly said: SpokenLine[] = [];
  readonly done: string[] = [];
  readonly users = new Map<string, string>();
  readonly channels = new Map<string, ChannelMember[]>();
  readonly away = new Map<string, string>();
  /** What is thrown instead of saying something; given the line. */
  onSay: (line: SpokenLine) => Promise<void> | void = () => {};
  receive: (event: IrcEvent) => void = () => {};
  #count = 0;
  readonly #waiters: (() => void)[] = [];

  constructor(id: string) {
    this.id = id;
  }

  fold(name: string): string {
    return name.toLowerCase();
  }

  splitText(_speaker: string | undefined, _target: string, text: string, maxLines?: number): string[] {
    return text
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, maxLines);
  }

  async say(line: SpokenLine): Promise<{ identity: string | undefined }> {
    await this.onSay(line);
    this.said.push(line);
    this.#count += 1;
    const identity = `own-${this.#count}`;
    this.#notify();
    if (line.speaker !== undefined && line.target.startsWith('#')) {
      const nick = this.users.get(line.speaker) ?? '';
      this.message(line.target, nick, line.text, identity);
    }
    return { identity };
  }

  /** Somebody says something in a channel. */
  message(channel: string, nick: string, text: string, identity = `msg-${nick}-${text}`): void {
    this.receive({
      ...{ kind: 'message', identity, channel, toUser: undefined, nick, form: 'message', text },
      saidAtMs: systemClock.wallMs(),
    });
  }

  /** Resolves when something has been done so that it is so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves when so many lines have been said; gives their texts. */
  async texts(count: number): Promise<string[]> {
    while (this.said.length < count) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.said.map(({ text }) => text);
  }

  #notify(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  async connectUser(userId: string, wishes: UserWishes): Promise<void> {
    if (wishes.nick.startsWith('banned')) throw new IrcRefusal('you are banned from this server');
    this.users.set(userId, wishes.nick);
  }

  disconnectUser(userId: string): void {
    this.users.delete(userId);
  }

  nickOf(userId: string): string | undefined {
    return this.users.get(userId);
  }

  userOf(nick: string): string | undefined {
    return [...this.users].find(([, own]) => own.toLowerCase() === nick.toLowerCase())?.[0];
  }

  isBot(nick: string): boolean {
    return nick === 'bot';
  }

  async join(userId: string | undefined, channel: string): Promise<void> {
    if (channel.includes('forbidden')) throw new IrcRefusal(`${channel} is for the invited only`);
    this.done.push(`join ${userId ?? 'bot'} ${channel}`);
    this.#notify();
  }

  async part(userId: string | undefined, channel: string): Promise<void> {
    this.done.push(`part ${userId ?? 'bot'} ${channel}`);
  }

  async changeNick(userId: string, nick: string): Promise<void> {
    this.users.set(userId, nick);
  }

  async whois(nick: string): Promise<string[]> {
    return [`${nick} is somebody`];
  }

  async setTopic(_userId: string | undefined, channel: string, topic: string): Promise<void> {
    this.done.push(`topic ${channel} ${topic}`);
  }

  async kick(channel: string, nick: string, reason: string): Promise<void> {
    this.done.push(`kick ${channel} ${nick} ${reason}`);
  }

  async setMode(channel: string, modes: string): Promise<void> {
    this.done.push(`mode ${channel} ${modes}`);
  }

  async invite(channel: string, nick: string): Promise<void> {
    this.done.push(`invite ${channel} ${nick}`);
  }

  topic(): string {
    return '';
  }

  usersMatching(mask: string): string[] {
    return [...this.users].filter(([, nick]) => mask.startsWith(`${nick}!`)).map(([userId]) => userId);
  }

  idleUsers(): string[] {
    return [];
  }

  channelModes(): ReadonlyMap<string, string> {
    return new Map();
  }

  noteTaken(channel: string): void {
    this.done.push(`taken ${channel}`);
  }

  start(): void {
    this.receive({ kind: 'connected' });
  }

  async close(): Promise<void> {}

  presenceOf(nick: string) {
    const isHere = [...this.channels.values()].some((members) => members.some((member) => member.nick === nick));
    const message = this.away.get(nick);
    if (!isHere) return { state: 'gone', message: '' } as const;
    return message === undefined ? ({ state: 'here', message: '' } as const) : ({ state: 'away', message } as const);
  }

  members(channel: string): readonly ChannelMember[] {
    return this.channels.get(channel.toLowerCase()) ?? [];
  }

  describe() {
    const { isConnected, users } = this;
    return { isConnected, server: 'fake', userConnections: users.size, waitingLines: 0, problem: undefined };
  }
}

/** Opens fakes, which are kept by network. */
export function openFakes(fakes: Map<string, FakeIrcNetwork>): OpenNetwork {
  return (config, receive) => {
    const irc = fakes.get(config.id) ?? new FakeIrcNetwork(config.id);
    fakes.set(config.id, irc);
    irc.receive = receive;
    return irc;
  };
}
