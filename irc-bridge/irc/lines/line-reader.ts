/**
 * Tags may have 8,191 bytes and the rest 512; some servers send longer ones (LINELEN). What is longer than this is no
 * IRC: it is thrown away up to its end, and memory holds no more than this of it.
 */
const maxLineBytes = 16 * 1024;
const lineFeed = 0x0a;
const strict = new TextDecoder('utf-8', { fatal: true });
/** What people without UTF-8 use; it decodes everything. */
const fallback = new TextDecoder('windows-1252');

/** Cuts what a server sends into lines. */
export class LineReader {
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #isSkipping = false;
  /** Lines that were too long. */
  skippedLines = 0;

  /** The bytes of a line that has not ended. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The lines that end in `chunk`, without their ends; empty ones are left out. */
  *read(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      const line = this.#finish(chunk.subarray(from, end));
      if (line !== undefined) yield line;
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0 || this.#isSkipping) return;
    if (this.#heldBytes + piece.length > maxLineBytes) {
      this.#isSkipping = true;
      this.#pieces = [];
      this.#heldBytes = 0;
      this.skippedLines += 1;
      return;
    }
    // A copy: a few bytes must not keep a whole read buffer.
    this.#pieces.push(Buffer.from(piece));
    this.#heldBytes += piece.length;
  }

  #finish(last: Buffer): string | undefined {
    this.#hold(last);
    const wasSkipping = this.#isSkipping;
    const bytes = this.#pieces.length === 1 ? (this.#pieces[0] ?? last) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#heldBytes = 0;
    this.#isSkipping = false;
    if (wasSkipping) return undefined;
    const line = decode(bytes).replace(/[\r\0]/g, '');
    return line === '' ? undefined : line;
  }
}

function decode(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch {
    return fallback.decode(bytes);
  }
}
