import type { ModeChange } from '../irc-event.ts';
import type { ChannelMember } from '../irc-network.ts';
import type { NetworkFeatures } from '../lines/network-features.ts';

interface Member {
  nick: string;
  prefixes: string;
}

interface Channel {
  name: string;
  readonly members: Map<string, Member>;
  readonly modes: Map<string, string>;
  topic: string;
}

/** Of one channel, and of one network: a server cannot fill our memory. */
const maxMembers = 100_000;
const maxMembersOfAll = 1_000_000;
const maxChannels = 10_000;
/** There are not so many letters. */
const maxModes = 100;

/** Who is in the channels that the bot is in, as the server told. */
export class ChannelList {
  readonly #channels = new Map<string, Channel>();
  /** Who is away, with what they say of it. */
  readonly #away = new Map<string, string>();
  readonly #fold: (name: string) => string;
  /** Of all channels together. */
  #members = 0;

  constructor(fold: (name: string) => string) {
    this.#fold = fold;
  }

  clear(): void {
    this.#channels.clear();
    this.#away.clear();
    this.#members = 0;
  }

  enter(channel: string): void {
    this.leave(channel);
    if (this.#channels.size >= maxChannels) return;
    const modes = new Map<string, string>();
    this.#channels.set(this.#fold(channel), { name: channel, members: new Map(), modes, topic: '' });
  }

  leave(channel: string): void {
    this.#members -= this.#channels.get(this.#fold(channel))?.members.size ?? 0;
    this.#channels.delete(this.#fold(channel));
  }

  has(channel: string): boolean {
    return this.#channels.has(this.#fold(channel));
  }

  members(channel: string): readonly ChannelMember[] {
    return [...(this.#channels.get(this.#fold(channel))?.members.values() ?? [])];
  }

  modes(channel: string): ReadonlyMap<string, string> {
    return this.#channels.get(this.#fold(channel))?.modes ?? new Map();
  }

  topic(channel: string): string {
    return this.#channels.get(this.#fold(channel))?.topic ?? '';
  }

  changeTopic(channel: string, topic: string): void {
    const found = this.#channels.get(this.#fold(channel));
    if (found) found.topic = topic;
  }

  /** Names of the channels in which somebody is. */
  of(nick: string): string[] {
    const folded = this.#fold(nick);
    return [...this.#channels.values()].filter(({ members }) => members.has(folded)).map(({ name }) => name);
  }

  add(channel: string, nick: string, prefixes = ''): void {
    const found = this.#channels.get(this.#fold(channel));
    if (!found || nick === '' || found.members.size >= maxMembers || this.#members >= maxMembersOfAll) return;
    const before = found.members.size;
    found.members.set(this.#fold(nick), { nick, prefixes });
    this.#members += found.members.size - before;
  }

  remove(channel: string, nick: string): void {
    if (this.#channels.get(this.#fold(channel))?.members.delete(this.#fold(nick))) this.#members -= 1;
    if (this.#away.has(this.#fold(nick)) && !this.isAnywhere(nick)) this.#away.delete(this.#fold(nick));
  }

  /** Whether somebody is in a channel that the bot is in. */
  isAnywhere(nick: string): boolean {
    const folded = this.#fold(nick);
    for (const { members } of this.#channels.values()) if (members.has(folded)) return true;
    return false;
  }

  /** `message` undefined: is back. */
  setAway(nick: string, message: string | undefined): void {
    if (message === undefined) this.#away.delete(this.#fold(nick));
    else if (this.#away.size < maxMembers) this.#away.set(this.#fold(nick), message);
  }

  /** What somebody who is away says of it; undefined: is not away, as far as it is known. */
  awayOf(nick: string): string | undefined {
    return this.#away.get(this.#fold(nick));
  }

  /** Somebody left the network; gives the channels where they were. */
  removeEverywhere(nick: string): string[] {
    const names = this.of(nick);
    for (const name of names) this.remove(name, nick);
    return names;
  }

  rename(nick: string, newNick: string): string[] {
    const away = this.awayOf(nick);
    this.setAway(nick, undefined);
    this.setAway(newNick, away);
    const names = this.of(nick);
    for (const name of names) {
      const members = this.#channels.get(this.#fold(name))?.members;
      const member = members?.get(this.#fold(nick));
      if (!members || !member) continue;
      const before = members.size;
      members.delete(this.#fold(nick));
      members.set(this.#fold(newNick), { nick: newNick, prefixes: member.prefixes });
      this.#members += members.size - before;
    }
    return names;
  }

  /** A line of NAMES: `@nick`, `@+nick!user@host`. */
  addNames(channel: string, names: string, { prefixes }: NetworkFeatures): void {
    const signs = new Set(prefixes.map(({ sign }) => sign));
    for (const name of names.split(' ')) {
      let at = 0;
      while (signs.has(name[at] ?? '')) at += 1;
      this.add(channel, name.slice(at).split('!')[0] ?? '', name.slice(0, at));
    }
  }

  changeModes(channel: string, changes: readonly ModeChange[], { prefixes, channelModes }: NetworkFeatures): void {
    const found = this.#channels.get(this.#fold(channel));
    for (const { mode, isSet, parameter } of found ? changes : []) {
      const prefix = prefixes.find((each) => each.mode === mode);
      if (prefix) {
        const member = found?.members.get(this.#fold(parameter ?? ''));
        if (!member) continue;
        const has = new Set(member.prefixes);
        if (isSet) has.add(prefix.sign);
        else has.delete(prefix.sign);
        member.prefixes = prefixes
          .map(({ sign }) => sign)
          .filter((sign) => has.has(sign))
          .join('');
      } else if (!channelModes[0].includes(mode)) {
        if (!isSet) found?.modes.delete(mode);
        else if (found && found.modes.size < maxModes) found.modes.set(mode, parameter ?? '');
      }
    }
  }
}
