import { isWordBoundary } from './word-boundary.ts';

/**
 * The part of a glob between two `*`: characters, some of which may be "any character".
 *
 * It is searched for with Shift-And: bit i of the search's state says that the last i+1 characters of the text match
 * the first i+1 of the segment. So each character of the text costs one step for every 32 characters of the segment,
 * whatever the text and the segment are; nothing is ever tried twice.
 */
export interface GlobSegment {
  readonly wordCount: number;
  /** The bits of the positions at which a character may stand, by code point; without an entry: `anyCharacter`. */
  readonly positions: ReadonlyMap<number, Int32Array>;
  readonly anyCharacter: Int32Array;
  /** The bit of the last position, in the last word. */
  readonly lastBit: number;
  /** The first word of what `positions` says of each ASCII character: nearly all of most texts. */
  readonly asciiPositions: Int32Array;
}

export type SegmentStart = 'anywhere' | 'at-beginning' | 'at-word-boundary';
export type SegmentEnd = 'anywhere' | 'at-end' | 'at-word-boundary';

/** Prepares a segment of at least one character; null stands for any one character. */
export function compileSegment(characters: readonly (number | null)[]): GlobSegment {
  const wordCount = Math.ceil(characters.length / 32);
  const anyCharacter = new Int32Array(wordCount);
  characters.forEach((character, i) => {
    if (character === null) setBit(anyCharacter, i);
  });
  const positions = new Map<number, Int32Array>();
  characters.forEach((character, i) => {
    if (character === null) return;
    const bits = positions.get(character) ?? anyCharacter.slice();
    setBit(bits, i);
    positions.set(character, bits);
  });
  const asciiPositions = Int32Array.from({ length: 128 }, (_, code) => firstWord(positions.get(code) ?? anyCharacter));
  return { wordCount, positions, anyCharacter, asciiPositions, lastBit: 1 << ((characters.length - 1) & 31) };
}

/**
 * Where the first match of the segment from index `from` on ends (index into the text's UTF-16 units), or -1.
 * `from` must not split a surrogate pair.
 */
export function findSegment(
  segment: GlobSegment,
  text: string,
  from: number,
  start: SegmentStart,
  end: SegmentEnd,
): number {
  if (segment.wordCount === 1) return findShortSegment(segment, text, from, start, end);
  const state = new Int32Array(segment.wordCount);
  for (let i = from; i < text.length; ) {
    const character = text.codePointAt(i) as number;
    const alive = step(state, segment.positions.get(character) ?? segment.anyCharacter, mayStart(text, i, start));
    if (!alive && start === 'at-beginning') return -1;
    i += character > 0xffff ? 2 : 1;
    if (((state[segment.wordCount - 1] as number) & segment.lastBit) !== 0 && mayEnd(text, i, end)) return i;
  }
  return -1;
}

/** The same for segments of up to 32 characters, which are nearly all: the state is a number. */
function findShortSegment(
  segment: GlobSegment,
  text: string,
  from: number,
  start: SegmentStart,
  end: SegmentEnd,
): number {
  const { asciiPositions, lastBit } = segment;
  let state = 0;
  for (let i = from; i < text.length; ) {
    const unit = text.charCodeAt(i);
    const character = unit < 0xd800 ? unit : (text.codePointAt(i) as number);
    const bits =
      character < 128
        ? (asciiPositions[character] as number)
        : firstWord(segment.positions.get(character) ?? segment.anyCharacter);
    state <<= 1;
    // The first bit counts only where the character can begin the segment, so the place is looked at only then.
    if ((bits & 1) !== 0 && mayStart(text, i, start)) state |= 1;
    state &= bits;
    if (state === 0 && start === 'at-beginning') return -1;
    i += character > 0xffff ? 2 : 1;
    if ((state & lastBit) !== 0 && mayEnd(text, i, end)) return i;
  }
  return -1;
}

/** Takes one character into the state; returns whether any beginning of the segment still matches. */
function step(state: Int32Array, bits: Int32Array, begins: boolean): boolean {
  let carry = begins ? 1 : 0;
  let alive = 0;
  for (let word = 0; word < state.length; word++) {
    const before = state[word] as number;
    const after = ((before << 1) | carry) & (bits[word] as number);
    carry = before >>> 31;
    state[word] = after;
    alive |= after;
  }
  return alive !== 0;
}

function mayStart(text: string, index: number, start: SegmentStart): boolean {
  if (start === 'anywhere') return true;
  return start === 'at-beginning' ? index === 0 : isWordBoundary(text, index);
}

function mayEnd(text: string, index: number, end: SegmentEnd): boolean {
  if (end === 'anywhere') return true;
  return end === 'at-end' ? index === text.length : isWordBoundary(text, index);
}

function firstWord(bits: Int32Array): number {
  return bits[0] as number;
}

function setBit(bits: Int32Array, position: number): void {
  const word = position >>> 5;
  bits[word] = (bits[word] as number) | (1 << (position & 31));
}
