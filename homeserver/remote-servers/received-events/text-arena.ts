const blockBytes = 1024 * 1024;

interface Block {
  readonly bytes: Buffer;
  /** Texts in it that are still wanted. */
  wanted: number;
}

/**
 * Many texts in few blocks of memory outside of the JavaScript heap, as UTF-8: as large as they are, and nothing for the
 * garbage collector to walk through. A block is given back at once when none of its texts is wanted any more.
 */
export class TextArena {
  readonly #blocks: Block[] = [];
  /** In the newest block. */
  #usedBytes = 0;
  /** Of each text: its block, and where it begins and ends there. */
  readonly #places: number[] = [];

  /** Gives the text's number. */
  add(text: string): number {
    const sizeBytes = Buffer.byteLength(text);
    let block = this.#blocks.at(-1);
    // A block that was given back has no bytes.
    if (!block || this.#usedBytes + sizeBytes > block.bytes.length) {
      block = { bytes: Buffer.allocUnsafeSlow(Math.max(blockBytes, sizeBytes)), wanted: 0 };
      this.#blocks.push(block);
      this.#usedBytes = 0;
    }
    const start = this.#usedBytes;
    this.#usedBytes += sizeBytes;
    block.bytes.write(text, start, 'utf8');
    block.wanted++;
    return this.#places.push(this.#blocks.length - 1, start, this.#usedBytes) / 3 - 1;
  }

  /** Throws RangeError for a number that was not given, or was forgotten. */
  get(number: number): string {
    const [place = 0, start, end] = this.#places.slice(number * 3, number * 3 + 3);
    const block = this.#blocks[place];
    if (!block || start === undefined || start < 0) throw new RangeError(`there is no text ${number}`);
    return block.bytes.toString('utf8', start, end);
  }

  /** The text is not wanted any more. */
  forget(number: number): void {
    const block = this.#blocks[this.#places[number * 3] ?? -1];
    if (!block || (this.#places[number * 3 + 1] ?? -1) < 0) return;
    this.#places[number * 3 + 1] = -1;
    block.wanted--;
    if (block.wanted === 0) freeBytes(block.bytes);
  }
}

/** Gives memory back without waiting for the garbage collector, which does not see how large it is. Nobody may use it. */
export function freeBytes(bytes: Uint8Array): void {
  (bytes.buffer as ArrayBuffer).transfer(0);
}
