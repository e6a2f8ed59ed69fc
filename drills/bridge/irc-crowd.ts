import { setTimeout as wait } from 'node:timers/promises';
import { RawIrcClient } from '@holdfast/irc-bridge/testing/raw-irc-client.ts';
import { readSpokenLine, type SaidMessage } from '../checker/check-bridged.ts';

const speakersPerChannel = 2;

export interface CrowdOptions {
  readonly port: number;
  readonly channels: readonly string[];
  /** Messages that the server keeps of each channel for those who come in. */
  readonly historyLines: number;
}

/** People on IRC itself: speakers in every channel, and two who only listen. */
export interface IrcCrowd {
  /** What was said so far, by channel. */
  readonly said: ReadonlyMap<string, readonly SaidMessage[]>;
  saidCount(): number;
  /** Everything that a listener has heard, by channel: bodies without the mark of being late, in order. */
  heard(listener: 0 | 1, channel: string): readonly string[];
  /** When the first listener heard each body. */
  readonly heardAtMs: ReadonlyMap<string, number>;
  /** How many of these came marked as late. */
  lateCount(): number;
  /** Begins to speak: all speakers together so many messages a second. */
  speak(messagesPerSecond: number): void;
  /** Stops speaking; resolves when the server has all that was said. */
  stopSpeaking(): Promise<void>;
  close(): void;
}

/** Connects everybody, and has the server keep what is said in the channels. */
export async function gatherCrowd({ port, channels, historyLines }: CrowdOptions): Promise<IrcCrowd> {
  const crowd = new Crowd();
  for (const name of ['ear-0', 'ear-1']) {
    const client = await RawIrcClient.connect(port, name);
    for (const channel of channels) {
      await client.join(channel);
      // The first one in a channel is its operator.
      if (name === 'ear-0') client.send(`MODE ${channel} +H ${historyLines}:1h`);
    }
    crowd.addListener(client);
  }
  for (const [number, channel] of channels.entries()) {
    for (let index = 0; index < speakersPerChannel; index++) {
      const client = await RawIrcClient.connect(port, `irc-${number}-${index}`);
      await client.join(channel);
      crowd.addSpeaker(client, channel);
    }
  }
  return crowd;
}

interface Listener {
  readonly client: RawIrcClient;
  readonly heard: Map<string, string[]>;
  read: number;
}

const tickMs = 20;
const settleMs = 30_000;
const spokenLine = /^(?:@\S+ )?:\S+ PRIVMSG (#\S+) :(.*)$/;

class Crowd implements IrcCrowd {
  readonly said = new Map<string, SaidMessage[]>();
  readonly heardAtMs = new Map<string, number>();
  readonly #speakers: { readonly client: RawIrcClient; readonly channel: string; count: number }[] = [];
  readonly #listeners: Listener[] = [];
  readonly #reading: NodeJS.Timeout;
  #speaking: NodeJS.Timeout | undefined;
  #said = 0;
  #late = 0;

  constructor() {
    this.#reading = setInterval(() => this.#read(), tickMs);
  }

  addListener(client: RawIrcClient): void {
    this.#listeners.push({ client, heard: new Map(), read: client.lines.length });
  }

  addSpeaker(client: RawIrcClient, channel: string): void {
    this.#speakers.push({ client, channel, count: 0 });
  }

  saidCount(): number {
    return this.#said;
  }

  lateCount(): number {
    return this.#late;
  }

  heard(listener: 0 | 1, channel: string): readonly string[] {
    return this.#listeners[listener]?.heard.get(channel) ?? [];
  }

  speak(messagesPerSecond: number): void {
    const startMs = performance.now();
    let begun = 0;
    this.#speaking = setInterval(() => {
      const due = ((performance.now() - startMs) / 1_000) * messagesPerSecond;
      for (; begun < due; begun++) this.#sayNext(begun);
    }, tickMs);
  }

  async stopSpeaking(): Promise<void> {
    clearInterval(this.#speaking);
    const all = [...this.said.values()].flat();
    for (const endMs = performance.now() + settleMs; performance.now() < endMs; await wait(tickMs)) {
      if (all.every(({ body }) => this.heardAtMs.has(body))) return;
    }
  }

  close(): void {
    clearInterval(this.#speaking);
    clearInterval(this.#reading);
    for (const { client } of [...this.#speakers, ...this.#listeners]) client.close();
  }

  #sayNext(turn: number): void {
    const speaker = this.#speakers[turn % this.#speakers.length];
    if (!speaker) return;
    const { client, channel } = speaker;
    const body = `${client.nick} ${speaker.count++}`;
    client.send(`PRIVMSG ${channel} :${body}`);
    const said = this.said.get(channel) ?? [];
    said.push({ body, side: 'IRC', speaker: client.nick, fate: 'acknowledged' });
    this.said.set(channel, said);
    this.#said++;
  }

  #read(): void {
    const nowMs = performance.now();
    for (const [index, listener] of this.#listeners.entries()) {
      const { lines } = listener.client;
      for (; listener.read < lines.length; listener.read++) {
        const [, channel, text] = spokenLine.exec(lines[listener.read] ?? '') ?? [];
        if (channel === undefined || text === undefined) continue;
        const { body, isLate } = readSpokenLine(text);
        const heard = listener.heard.get(channel) ?? [];
        listener.heard.set(channel, heard);
        heard.push(body);
        if (index > 0) continue;
        if (isLate) this.#late++;
        if (!this.heardAtMs.has(body)) this.heardAtMs.set(body, nowMs);
      }
    }
  }
}
