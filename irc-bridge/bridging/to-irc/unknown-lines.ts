const maxLines = 10_000;

/** A line that somebody of Matrix, or the bot, says in a channel; names are folded. */
export interface OwnLine {
  readonly network: string;
  readonly channel: string;
  /** The user's id; '' for the bot. */
  readonly speaker: string;
  /** Under which it is said now; '' for the bot. After a connection broke it may be another one. */
  readonly nick: string;
  readonly text: string;
}

interface Entry {
  readonly asHeard: string;
  isSeen: boolean;
}

/**
 * Lines that are being said, or whose connection broke meanwhile: then nobody knows whether the network has them. Where the bot's own
 * connection sees one in its channel, or gets it from the network's history when it is back, it is not said again.
 */
export class UnknownLines {
  /** By who says it. */
  readonly #lines = new Map<string, Entry>();
  /** By the nick under which it was said. */
  readonly #heard = new Map<string, Entry>();

  add(line: OwnLine): void {
    if (this.#lines.size >= maxLines) this.#forget(this.#lines.keys().next().value ?? '');
    const entry = { asHeard: keyOf(line, line.nick), isSeen: false };
    this.#lines.set(keyOf(line, line.speaker), entry);
    this.#heard.set(entry.asHeard, entry);
  }

  /** `nick` said this in the channel. True when it was such a line, seen for the first time. */
  confirm(heard: Omit<OwnLine, 'speaker'>): boolean {
    const entry = this.#heard.get(keyOf(heard, heard.nick));
    if (!entry || entry.isSeen) return false;
    entry.isSeen = true;
    return true;
  }

  /** Whether the line, which is to be said now, has been seen; it is forgotten in either case. */
  takeConfirmed(line: OwnLine): boolean {
    return this.#forget(keyOf(line, line.speaker))?.isSeen === true;
  }

  #forget(key: string): Entry | undefined {
    const entry = this.#lines.get(key);
    this.#lines.delete(key);
    if (entry && this.#heard.get(entry.asHeard) === entry) this.#heard.delete(entry.asHeard);
    return entry;
  }
}

function keyOf({ network, channel, text }: Pick<OwnLine, 'network' | 'channel' | 'text'>, who: string): string {
  return `${network} ${channel} ${who} ${text}`;
}
