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
  return { wordCount, positions, anyCharacter, lastBit: 1 << ((characters.length - 1) & 31) };
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
  const state = new Int32Array(segment.wordCount);
  for (let i = from; i < text.length; ) {
    const character = text.codePointAt(i) as number;
    const mayStart = start === 'anywhere' || (start === 'at-beginning' ? i === 0 : isWordBoundary(text, i));
    const alive = step(state, segment.positions.get(character) ?? segment.anyCharacter, mayStart);
    if (!alive && start === 'at-beginning') return -1;
    i += character > 0xffff ? 2 : 1;
    if (((state[segment.wordCount - 1] as number) & segment.lastBit) !== 0 && mayEnd(text, i, end)) return i;
  }
  return -1;
}

/** Takes one character into the state; returns whether any beginning of the segment still matches. */
function step(state: Int32Array, bits: Int32Array, mayStart: boolean): boolean {
  let carry = mayStart ? 1 : 0;
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

function mayEnd(text: string, index: number, end: SegmentEnd): boolean {
  if (end === 'anywhere') return true;
  return end === 'at-end' ? index === text.length : isWordBoundary(text, index);
}

function setBit(bits: Int32Array, position: number): void {
  const word = position >>> 5;
  bits[word] = (bits[word] as number) | (1 << (position & 31));
}
