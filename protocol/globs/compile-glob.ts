import { compileSegment, findSegment, type GlobSegment, type SegmentEnd, type SegmentStart } from './find-segment.ts';

export interface GlobOptions {
  /** 'whole': the text from beginning to end. 'words': any part of it that starts and ends at word boundaries. */
  readonly match?: 'whole' | 'words';
  /** Which characters are wildcards: both, only `*` (any number of characters), or none. */
  readonly wildcards?: '*?' | '*' | 'none';
}

/**
 * Compiles a glob to a function that says whether a text matches. Exact about case: fold both before.
 *
 * `*` is any number of characters, `?` one character (a code point). An empty pattern matches only the empty text.
 * Time is bounded by the text's length times the pattern's length / 32 for every pattern and text, both of which are
 * hostile here; a regular expression would not promise that. The caller bounds the pattern's length.
 * https://spec.matrix.org/v1.19/appendices/#glob-style-matching
 */
export function compileGlob(pattern: string, options: GlobOptions = {}): (text: string) => boolean {
  const { match = 'whole', wildcards = '*?' } = options;
  const hasStar = wildcards !== 'none' && pattern.includes('*');
  const hasQuestionMark = wildcards === '*?' && pattern.includes('?');
  if (pattern === '' || (match === 'whole' && !hasStar && !hasQuestionMark)) return (text) => text === pattern;

  const parts = hasStar ? pattern.split('*') : [pattern];
  const startsWithStar = parts[0] === '';
  const endsWithStar = parts.at(-1) === '';
  const inner = parts.filter((part) => part !== '');
  if (inner.length === 0) return () => true;
  if (match === 'whole' && !hasQuestionMark && inner.length === 1 && !startsWithStar) {
    const beginning = inner[0] as string;
    return (text) => text.startsWith(beginning);
  }
  const segments = inner.map((part) => compileSegment([...part].map((one) => codePointOf(one, hasQuestionMark))));
  const edge = match === 'words' ? 'at-word-boundary' : undefined;
  return matchSegments(
    segments,
    startsWithStar ? 'anywhere' : (edge ?? 'at-beginning'),
    endsWithStar ? 'anywhere' : (edge ?? 'at-end'),
  );
}

/**
 * Finds the segments one after another, each as early as it can end: that leaves the most text for the next ones, so no
 * earlier choice ever needs to be taken back.
 */
function matchSegments(
  segments: readonly GlobSegment[],
  firstStart: SegmentStart,
  lastEnd: SegmentEnd,
): (text: string) => boolean {
  const last = segments.length - 1;
  return (text) => {
    let index = 0;
    for (let i = 0; i <= last; i++) {
      const segment = segments[i] as GlobSegment;
      index = findSegment(segment, text, index, i === 0 ? firstStart : 'anywhere', i === last ? lastEnd : 'anywhere');
      if (index === -1) return false;
    }
    return true;
  };
}

function codePointOf(character: string, questionMarkIsWildcard: boolean): number | null {
  return character === '?' && questionMarkIsWildcard ? null : (character.codePointAt(0) as number);
}
