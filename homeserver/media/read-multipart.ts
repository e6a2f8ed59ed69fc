/** One part of a multipart body. Its bytes must be read, or left, before the next part is asked for. */
export interface MultipartPart {
  /** First value of each header, by its name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
}

const largestHeaderBytes = 16_384;
/** What may stand before the first boundary. */
const largestPreambleBytes = 16_384;
const lineEnd = Buffer.from('\r\n');
const headerEnd = Buffer.from('\r\n\r\n');

/** A multipart body that is not one, or ends too early. */
export class MultipartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MultipartError';
  }
}

/** The boundary that a Content-Type names; undefined where it is no multipart type. RFC 2046, section 5.1.1. */
export function parseBoundary(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^\s*multipart\/[a-z-]+\s*;/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * The parts of a multipart body as they come, in constant memory: no more is held than a chunk of the source and a
 * boundary. Ends after the closing boundary; what follows it is not read. Throws MultipartError.
 * https://datatracker.ietf.org/doc/html/rfc2046#section-5.1
 */
export async function* readMultipart(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<MultipartPart, void, undefined> {
  const reader = new BoundaryReader(source, boundary);
  try {
    await reader.skipPreamble();
    while (await reader.beginsPart()) {
      yield { headers: parseHeaders(await reader.readHeaders()), body: reader.readBody() };
      await reader.skipBody();
    }
  } finally {
    await reader.close();
  }
}

class BoundaryReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  #held: Buffer;
  #isInBody = false;

  constructor(source: AsyncIterable<Uint8Array>, boundary: string) {
    this.#chunks = source[Symbol.asyncIterator]();
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    // The first boundary may be the first line, which no line end precedes.
    this.#held = Buffer.from(lineEnd);
  }

  async skipPreamble(): Promise<void> {
    let found = this.#held.indexOf(this.#delimiter);
    while (found < 0) {
      if (this.#held.length > largestPreambleBytes) throw new MultipartError('there is no boundary');
      await this.#more();
      found = this.#held.indexOf(this.#delimiter);
    }
    this.#held = this.#held.subarray(found + this.#delimiter.length);
  }

  /** After a boundary: whether another part follows, or the end. */
  async beginsPart(): Promise<boolean> {
    while (this.#held.length < 2) await this.#more();
    if (this.#held.toString('latin1', 0, 2) === '--') return false;
    // White space may pad the line.
    let end = this.#held.indexOf(lineEnd);
    while (end < 0) {
      if (this.#held.length > largestHeaderBytes) throw new MultipartError('a boundary does not end');
      await this.#more();
      end = this.#held.indexOf(lineEnd);
    }
    // Its line end may be the first half of the one that ends the headers.
    this.#held = this.#held.subarray(end);
    return true;
  }

  async readHeaders(): Promise<string> {
    let end = this.#held.indexOf(headerEnd);
    while (end < 0) {
      if (this.#held.length > largestHeaderBytes) throw new MultipartError('the headers of a part are too long');
      await this.#more();
      end = this.#held.indexOf(headerEnd);
    }
    const headers = this.#held.toString('latin1', 0, end);
    this.#held = this.#held.subarray(end + headerEnd.length);
    this.#isInBody = true;
    return headers;
  }

  async *readBody(): AsyncGenerator<Uint8Array, void, undefined> {
    const longestTail = this.#delimiter.length - 1;
    while (this.#isInBody) {
      const found = this.#held.indexOf(this.#delimiter);
      if (found >= 0) {
        const last = this.#held.subarray(0, found);
        this.#held = this.#held.subarray(found + this.#delimiter.length);
        this.#isInBody = false;
        if (last.length > 0) yield last;
        return;
      }
      const safeLength = this.#held.length - longestTail;
      if (safeLength > 0) {
        const safe = this.#held.subarray(0, safeLength);
        this.#held = this.#held.subarray(safeLength);
        yield safe;
      }
      await this.#more();
    }
  }

  /** Goes on behind the next boundary, whatever was read of the part before it. */
  async skipBody(): Promise<void> {
    const rest = this.readBody();
    while ((await rest.next()).done !== true);
  }

  /** Lets the source go. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new MultipartError('the body ends before its last boundary');
    this.#held = this.#held.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#held, next.value]);
  }
}

function parseHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
