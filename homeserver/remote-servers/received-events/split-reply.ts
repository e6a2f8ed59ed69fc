import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseJson } from '@holdfast/protocol/json/parse-json.ts';

export interface SplitReply {
  /** The members that are not split, parsed. */
  readonly members: JsonObject;
  /** Those of the named arrays that are there. */
  readonly arrays: readonly string[];
}

/** Of all members together that are not split; and of one element. */
const largestMembersBytes = 4 * 1024 * 1024;
const mostElements = 1_000_000;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

type Place =
  | 'object'
  | 'first-name'
  | 'name'
  | 'colon'
  | 'value'
  | 'after-value'
  | 'first-element'
  | 'element'
  | 'after-element'
  | 'end';

/** Thrown at what is no JSON object, or one with too much in it. */
export class ReplySyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplySyntaxError';
  }
}

/**
 * Finds the elements of some arrays of a JSON object, while its bytes come, without parsing them: an answer with tens of
 * thousands of events is never in memory as a whole. Whether each element is JSON is left to who takes it.
 */
export class ReplySplitter {
  readonly #arrayNames: readonly string[];
  readonly #take: (arrayName: string, element: Uint8Array) => void;
  readonly #arrays: string[] = [];
  readonly #members: [name: string, bytes: Uint8Array][] = [];
  #membersBytes = 0;
  #elements = 0;
  #place: Place = 'object';
  /** Of the member whose value comes. */
  #name = '';
  readonly #token = new Token();

  /** `take` gets each element, in their order, in memory that is good until it returns. */
  constructor(arrayNames: readonly string[], take: (arrayName: string, element: Uint8Array) => void) {
    this.#arrayNames = arrayNames;
    this.#take = take;
  }

  /** The next bytes of the object, which are the caller's again afterwards. Throws ReplySyntaxError. */
  push(chunk: Uint8Array): void {
    let at = 0;
    for (;;) {
      if (!this.#token.isOpen) {
        while (at < chunk.length && (chunk[at] as number) <= 0x20) at++;
        if (at >= chunk.length) return;
        if (this.#takesMark(chunk[at] as number)) {
          at++;
          continue;
        }
      }
      const end = this.#token.scan(chunk, at);
      if (end === undefined) return;
      at = end;
      this.#takeToken(this.#token.takeBytes());
    }
  }

  /** After the last bytes. Throws ReplySyntaxError where they do not make a whole object. */
  end(): SplitReply {
    if (this.#place !== 'end') throw new ReplySyntaxError('no JSON: it does not end');
    const members = this.#members.map(([name, bytes]) => [name, parsePart(bytes)] as const);
    return { members: Object.fromEntries(members), arrays: this.#arrays };
  }

  /** Whether the byte is a mark between values, which is then behind us. */
  #takesMark(byte: number): boolean {
    const next = this.#placeAfter(byte);
    if (next === undefined) return false;
    this.#place = next;
    return true;
  }

  #placeAfter(byte: number): Place | undefined {
    switch (this.#place) {
      case 'object':
        return byte === openBrace ? 'first-name' : missing('{');
      case 'first-name':
        return byte === closeBrace ? 'end' : undefined;
      case 'colon':
        return byte === colon ? 'value' : missing(':');
      case 'value':
        return byte === openBracket && this.#arrayNames.includes(this.#name) ? this.#openArray() : undefined;
      case 'after-value':
        return byte === comma ? 'name' : byte === closeBrace ? 'end' : missing(', or }');
      case 'first-element':
        return byte === closeBracket ? 'after-value' : undefined;
      case 'after-element':
        return byte === comma ? 'element' : byte === closeBracket ? 'after-value' : missing(', or ]');
      case 'end':
        throw new ReplySyntaxError('no JSON: there is something behind its end');
      default:
        return undefined;
    }
  }

  #openArray(): Place {
    if (this.#arrays.includes(this.#name)) throw new ReplySyntaxError(`${this.#name} is there twice`);
    this.#arrays.push(this.#name);
    return 'first-element';
  }

  #takeToken(bytes: Uint8Array): void {
    if (this.#place === 'value') {
      this.#membersBytes += bytes.length;
      if (this.#membersBytes > largestMembersBytes) throw new ReplySyntaxError('its other members are too large');
      // A copy: what came is the caller's.
      this.#members.push([this.#name, new Uint8Array(bytes)]);
      this.#place = 'after-value';
    } else if (this.#place === 'first-name' || this.#place === 'name') {
      const name = parsePart(bytes);
      if (typeof name !== 'string') throw new ReplySyntaxError('a name of a member is no string');
      this.#name = name;
      this.#place = 'colon';
    } else {
      if (++this.#elements > mostElements) throw new ReplySyntaxError(`more than ${mostElements} elements`);
      this.#take(this.#name, bytes);
      this.#place = 'after-element';
    }
  }
}

function missing(what: string): never {
  throw new ReplySyntaxError(`no JSON: ${what} is missing`);
}

function parsePart(bytes: Uint8Array) {
  const parsed = parseJson(bytes);
  if (parsed.problem !== undefined) throw new ReplySyntaxError(parsed.problem.message);
  return parsed.value;
}

/** One value of any kind, which may come in several pieces. */
class Token {
  isOpen = false;
  #isPlain = false;
  #depth = 0;
  #isInString = false;
  /** So many of the next bytes are escaped: 0 or 1. */
  #skip = 0;
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  /** Moves over the value, which begins at `at` or has begun before; gives its end, or undefined where more has to come. */
  scan(chunk: Uint8Array, at: number): number | undefined {
    if (!this.isOpen) this.#open(chunk[at] as number);
    const end = this.#isPlain ? endOfPlain(chunk, at) : this.#endOfNested(chunk, at);
    this.#sizeBytes += (end ?? chunk.length) - at;
    if (this.#sizeBytes > largestMembersBytes) throw new ReplySyntaxError(`a value has ${this.#sizeBytes} bytes`);
    // What comes is the caller's again after `push`.
    this.#pieces.push(end === undefined ? new Uint8Array(chunk.subarray(at)) : chunk.subarray(at, end));
    return end;
  }

  takeBytes(): Uint8Array {
    const [only, ...others] = this.#pieces;
    const bytes = only && others.length === 0 ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#sizeBytes = 0;
    this.isOpen = false;
    return bytes;
  }

  #open(first: number): void {
    if (isMark(first)) throw new ReplySyntaxError('no JSON: a value is missing');
    this.isOpen = true;
    this.#isPlain = first !== quote && first !== openBrace && first !== openBracket;
  }

  /** Of a string too, which is nested in nothing. */
  #endOfNested(chunk: Uint8Array, start: number): number | undefined {
    const { length } = chunk;
    let depth = this.#depth;
    let isInString = this.#isInString;
    let at = start + this.#skip;
    for (; at < length; at++) {
      const byte = chunk[at] as number;
      if (isInString) {
        if (byte === backslash) at++;
        if (byte !== quote) continue;
        isInString = false;
      } else if (byte === quote) {
        isInString = true;
        continue;
      } else if (byte === openBrace || byte === openBracket) {
        depth++;
        continue;
      } else if (byte === closeBrace || byte === closeBracket) depth--;
      else continue;
      if (depth === 0) {
        [this.#depth, this.#isInString, this.#skip] = [0, false, 0];
        return at + 1;
      }
    }
    [this.#depth, this.#isInString, this.#skip] = [depth, isInString, at - length];
    return undefined;
  }
}

function endOfPlain(chunk: Uint8Array, start: number): number | undefined {
  for (let at = start; at < chunk.length; at++) {
    const byte = chunk[at] as number;
    if (byte <= 0x20 || isMark(byte)) return at;
  }
  return undefined;
}

function isMark(byte: number): boolean {
  return byte === comma || byte === colon || byte === closeBrace || byte === closeBracket;
}
