const maxLines = 10_000;

/**
 * Lines that are being said, or whose connection broke meanwhile: then nobody knows whether the network has them. Where the bot's own
 * connection sees one in its channel, or gets it from the network's history when it is back, it is not said again.
 */
export class UnknownLines {
  /** Whether it has been seen, by network, channel, nick ('' for the bot's) and text; names are folded. */
  readonly #lines = new Map<string, boolean>();

  add(network: string, channel: string, nick: string, text: string): void {
    if (this.#lines.size >= maxLines) this.#lines.delete(this.#lines.keys().next().value ?? '');
    this.#lines.set(keyOf(network, channel, nick, text), false);
  }

  /** `nick` said this in the channel. True when it was such a line, seen for the first time. */
  confirm(network: string, channel: string, nick: string, text: string): boolean {
    const key = keyOf(network, channel, nick, text);
    if (this.#lines.get(key) !== false) return false;
    this.#lines.set(key, true);
    return true;
  }

  /** Whether the line, which is to be said now, has been seen; it is forgotten in either case. */
  takeConfirmed(network: string, channel: string, nick: string, text: string): boolean {
    const key = keyOf(network, channel, nick, text);
    const isConfirmed = this.#lines.get(key) === true;
    this.#lines.delete(key);
    return isConfirmed;
  }
}

function keyOf(network: string, channel: string, nick: string, text: string): string {
  return `${network} ${channel} ${nick} ${text}`;
}
