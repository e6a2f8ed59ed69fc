import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob, type GlobOptions } from './compile-glob.ts';
import { foldCase } from './fold-case.ts';

interface GlobCase {
  readonly pattern: string;
  readonly options?: GlobOptions;
  readonly matches: readonly string[];
  readonly refuses: readonly string[];
}

const words = { match: 'words' } as const;
const cases: readonly GlobCase[] = [
  { pattern: 'lunc?*', matches: ['lunch plans', 'lunch'], refuses: [' lunch', 'lunc', ''] },
  { pattern: '', matches: [''], refuses: ['a', ' '] },
  { pattern: '', options: words, matches: [''], refuses: ['a', 'a b'] },
  { pattern: '*', matches: ['', 'anything'], refuses: [] },
  { pattern: '?', matches: ['a', '😀', '\ud800'], refuses: ['', 'ab', '😀😀'] },
  { pattern: 'm.room.*', matches: ['m.room.', 'm.room.member'], refuses: ['m.room', 'xm.room.member'] },
  { pattern: '*.member', matches: ['m.room.member', '.member'], refuses: ['m.room.members'] },
  { pattern: 'a*b*c', matches: ['abc', 'axbxc', 'abbcc', 'abcbc'], refuses: ['acb', 'abcd', 'xabc'] },
  { pattern: 'ab*ba', matches: ['abba', 'abxba'], refuses: ['aba'] },
  { pattern: 'what?', options: { wildcards: '*' }, matches: ['what?'], refuses: ['whats', 'what'] },
  { pattern: '*?', options: { wildcards: 'none' }, matches: ['*?'], refuses: ['ab', '?'] },
  {
    pattern: 'ex*ple',
    options: words,
    matches: ['an example event.', 'exple', 'an exciting triple-whammy'],
    refuses: ['examples', 'anexample'],
  },
  {
    pattern: 'cake',
    options: words,
    matches: ['cake', 'a cake!', 'cake-walk', 'café cake', 'é cake'],
    refuses: ['cakes', 'pancake', 'cake_', 'cake9'],
  },
  { pattern: 'cake', options: words, matches: ['pancake or cake', 'écake'], refuses: ['pancake cakes'] },
  { pattern: '@room', options: words, matches: ['@room', 'hi @room!', 'x@room'], refuses: ['@rooms', 'room'] },
  { pattern: 'f?o', options: words, matches: ['a foo b', 'f o'], refuses: ['food', 'fo'] },
  { pattern: 'c++', options: words, matches: ['i like c++', 'c++11'], refuses: ['c+', 'objc++'] },
  { pattern: '東京', options: words, matches: ['東京', 'は東京で'], refuses: ['京東'] },
  { pattern: '*', options: words, matches: ['', 'x'], refuses: [] },
  {
    pattern: `${'a'.repeat(31)}?b${'c'.repeat(40)}`,
    matches: [`${'a'.repeat(32)}b${'c'.repeat(40)}`],
    refuses: [`${'a'.repeat(31)}b${'c'.repeat(41)}`],
  },
];

for (const { pattern, options, matches, refuses } of cases) {
  const glob = compileGlob(pattern, options);
  const name = JSON.stringify(pattern) + (options === undefined ? '' : ` (${Object.values(options).join()})`);
  for (const text of matches) test(`${name} matches ${JSON.stringify(text)}`, () => assert.equal(glob(text), true));
  for (const text of refuses) test(`${name} refuses ${JSON.stringify(text)}`, () => assert.equal(glob(text), false));
}

/** Globbing as it is defined, by trying everything. */
function matchesByTrying(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') return matchesByTrying(rest, text) || (text.length > 0 && matchesByTrying(pattern, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && matchesByTrying(rest, text.slice(1));
}

const isWord = (character: string | undefined) => character !== undefined && /^\w$/.test(character);

function matchesWordsByTrying(pattern: readonly string[], text: readonly string[]): boolean {
  const edges = [...text, ''].map((_, i) => i).filter((i) => !isWord(text[i - 1]) || !isWord(text[i]));
  return edges.some((start) => edges.some((end) => end >= start && matchesByTrying(pattern, text.slice(start, end))));
}

const letters = fc.array(fc.constantFrom('a', 'b', ' ', '😀'), { maxLength: 9 });
const patterns = fc.array(fc.constantFrom('a', 'b', '*', '?', ' ', '😀'), { maxLength: 6 });

test('a glob over the whole text agrees with trying everything', () => {
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      assert.equal(compileGlob(pattern.join(''))(text.join('')), matchesByTrying(pattern, text));
    }),
    { numRuns: 3000 },
  );
});

test('a glob over words agrees with trying everything', () => {
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      fc.pre(pattern.length > 0);
      assert.equal(compileGlob(pattern.join(''), words)(text.join('')), matchesWordsByTrying(pattern, text));
    }),
    { numRuns: 3000 },
  );
});

test('segments of more than 32 characters agree with comparing text', () => {
  const long = fc.array(fc.constantFrom('a', 'b'), { minLength: 30, maxLength: 100 }).map((list) => list.join(''));
  fc.assert(
    fc.property(fc.string(), long, fc.string(), (before, needle, after) => {
      assert.equal(compileGlob(`*${needle}*`)(before + needle + after), true);
      assert.equal(compileGlob(`*${needle}c*`)(`${before}${needle}${needle}`), false);
    }),
  );
});

test('patterns that make backtracking matchers try for years are answered', () => {
  const text = 'a'.repeat(65_000);
  assert.equal(compileGlob(`${'a*'.repeat(250)}b`)(text), false);
  assert.equal(compileGlob(`*${'a?'.repeat(250)}b*`)(text), false);
  assert.equal(compileGlob(`${'?*'.repeat(250)}b`, words)(text), false);
});

test('case is folded the same way wherever a letter stands', () => {
  assert.equal(foldCase('ΟΔΟΣ'), foldCase('οδοσ'));
  assert.equal(foldCase('STRASSE'), 'strasse');
  assert.equal(compileGlob(foldCase('ΟΔΟΣ*'))(foldCase('ΟΔΟΣ')), true);
});
