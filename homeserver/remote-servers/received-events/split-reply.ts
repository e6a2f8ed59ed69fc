import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseJson } from '@holdfast/protocol/json/parse-json.ts';

/** Where an element of an array stands in the bytes. */
export type ByteRange = readonly [start: number, end: number];

export interface SplitReply {
  /** The members that are not split, parsed. */
  readonly members: JsonObject;
  /** The elements of each array that was named and is there, in their order, not parsed. */
  readonly arrays: ReadonlyMap<string, readonly ByteRange[]>;
}

/** Of all members together that are not split. */
const largestMembersBytes = 4 * 1024 * 1024;
const mostElements = 1_000_000;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Thrown at what is no JSON object, or one with too much in it. */
export class ReplySyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplySyntaxError';
  }
}

/**
 * Finds the elements of some arrays of a JSON object without parsing them: an answer with tens of thousands of events
 * never becomes one tree of objects. Whether each element is JSON is left to who parses it.
 */
export function splitReply(bytes: Uint8Array, arrayNames: readonly string[]): SplitReply {
  const scanner = new Scanner(bytes);
  const arrays = new Map<string, readonly ByteRange[]>();
  const members: [string, ByteRange][] = [];
  scanner.expect(openBrace);
  while (!scanner.takes(closeBrace)) {
    if (members.length + arrays.size > 0) scanner.expect(comma);
    const name = parsePart(bytes, scanner.value());
    scanner.expect(colon);
    if (typeof name !== 'string') throw new ReplySyntaxError('a name of a member is no string');
    if (arrayNames.includes(name) && scanner.isAt(openBracket)) arrays.set(name, scanner.elements());
    else members.push([name, scanner.value()]);
  }
  scanner.expectEnd();
  const sizeBytes = members.reduce((sum, [, [start, end]]) => sum + end - start, 0);
  if (sizeBytes > largestMembersBytes) throw new ReplySyntaxError(`its other members have ${sizeBytes} bytes`);
  return { members: Object.fromEntries(members.map(([name, range]) => [name, parsePart(bytes, range)])), arrays };
}

function parsePart(bytes: Uint8Array, [start, end]: ByteRange) {
  const parsed = parseJson(bytes.subarray(start, end));
  if (parsed.problem !== undefined) throw new ReplySyntaxError(parsed.problem.message);
  return parsed.value;
}

/** A place in JSON text that moves on. White space before anything is skipped. */
class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  isAt(byte: number): boolean {
    this.#skipSpace();
    return this.#bytes[this.#at] === byte;
  }

  takes(byte: number): boolean {
    if (!this.isAt(byte)) return false;
    this.#at++;
    return true;
  }

  expect(byte: number): void {
    if (!this.takes(byte)) throw new ReplySyntaxError(`no JSON: ${String.fromCharCode(byte)} is missing`);
  }

  expectEnd(): void {
    this.#skipSpace();
    if (this.#at < this.#bytes.length) throw new ReplySyntaxError('no JSON: there is something behind its end');
  }

  /** Moves over an array and gives where its elements are. */
  elements(): ByteRange[] {
    const ranges: ByteRange[] = [];
    this.expect(openBracket);
    while (!this.takes(closeBracket)) {
      if (ranges.length > 0) this.expect(comma);
      if (ranges.length >= mostElements) throw new ReplySyntaxError(`more than ${mostElements} elements`);
      ranges.push(this.value());
    }
    return ranges;
  }

  /** Moves over one value of any kind. */
  value(): ByteRange {
    this.#skipSpace();
    const start = this.#at;
    const first = this.#bytes[start];
    if (first === quote) this.#skipString();
    else if (first === openBrace || first === openBracket) this.#skipNested();
    else this.#skipPlain();
    if (this.#at === start) throw new ReplySyntaxError('no JSON: a value is missing');
    return [start, this.#at];
  }

  #skipSpace(): void {
    for (let byte = this.#bytes[this.#at]; byte !== undefined && byte <= 0x20; byte = this.#bytes[++this.#at]);
  }

  #skipString(): void {
    const { length } = this.#bytes;
    for (this.#at++; this.#at < length; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte === backslash) this.#at++;
      else if (byte === quote) {
        this.#at++;
        return;
      }
    }
    throw new ReplySyntaxError('no JSON: a string does not end');
  }

  #skipNested(): void {
    let depth = 0;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new ReplySyntaxError('no JSON: a bracket is not closed');
      if (byte === quote) {
        this.#skipString();
        continue;
      }
      this.#at++;
      if (byte === openBrace || byte === openBracket) depth++;
      else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return;
    }
  }

  #skipPlain(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      const isOver = byte === undefined || byte === comma || byte === closeBrace || byte === closeBracket;
      if (isOver || byte <= 0x20) return;
      this.#at++;
    }
  }
}
