const blockBytes = 1024 * 1024;

/**
 * Many texts in few blocks of memory outside of the JavaScript heap, as UTF-8: as large as they are, and nothing for the
 * garbage collector to walk through.
 */
export class TextArena {
  readonly #blocks: Buffer[] = [];
  /** In the newest block. */
  #usedBytes = blockBytes;
  /** Of each text: its block, and where it begins and ends there. */
  readonly #places: number[] = [];

  /** Gives the text's number. */
  add(text: string): number {
    const sizeBytes = Buffer.byteLength(text);
    if (this.#usedBytes + sizeBytes > (this.#blocks.at(-1)?.length ?? 0)) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(blockBytes, sizeBytes)));
      this.#usedBytes = 0;
    }
    const block = this.#blocks.length - 1;
    const start = this.#usedBytes;
    this.#usedBytes += sizeBytes;
    this.#blocks[block]?.write(text, start, 'utf8');
    return this.#places.push(block, start, this.#usedBytes) / 3 - 1;
  }

  /** Throws RangeError for a number that was not given. */
  get(number: number): string {
    const [block, start, end] = this.#places.slice(number * 3, number * 3 + 3);
    const bytes = block === undefined ? undefined : this.#blocks[block];
    if (!bytes) throw new RangeError(`there is no text ${number}`);
    return bytes.toString('utf8', start, end);
  }
}
