import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob, type GlobOptions } from '../globs/compile-glob.ts';
import { foldCase } from '../globs/fold-case.ts';
import { compileTextPattern } from './compile-text-pattern.ts';
import { preparePushEvent } from './push-event.ts';

function prepare() {
  return preparePushEvent({ type: 'm.room.message', room_id: '!r', sender: '@s:x', content: {} });
}

const characters = fc.constantFrom('a', 'b', '_', '7', ' ', '-', 'é', '😀', '*', '?');
const text = fc.array(characters, { maxLength: 12 }).map((list) => list.join(''));
const options = fc.record({
  match: fc.constantFrom('words' as const, 'whole' as const),
  wildcards: fc.constantFrom('*?' as const, 'none' as const),
});

test('a pattern matches a text exactly where the glob does', () => {
  fc.assert(
    fc.property(text, text, options, (pattern, body, asked: GlobOptions) => {
      const matches = compileTextPattern(pattern, asked)(prepare(), body);
      assert.equal(matches, compileGlob(pattern, asked)(body));
    }),
    { numRuns: 5_000 },
  );
});

test('a word is found among many as one, whatever stands around it', () => {
  const matches = compileTextPattern('cake', { match: 'words' });
  const event = prepare();
  assert.equal(matches(event, foldCase('Let them eat CAKE!')), true);
  assert.equal(matches(event, 'écake'), true);
  assert.equal(matches(event, 'pancakes'), false);
});

test('what hostile members compare with a long text comes to an end, and costs plain words nothing', () => {
  const event = prepare();
  const body = `${'x-y'.repeat(21_000)} cake`;
  const hostile = Array.from({ length: 2_000 }, (_, index) => compileTextPattern(`*x-y?${index}*`, { match: 'words' }));
  const trying = Array.from({ length: 200 }, () => compileTextPattern('*x-y*x-y*!', { match: 'words' }));
  for (const matches of [...hostile, ...trying]) assert.equal(matches(event, body), false);
  assert.ok(event.stepsLeft < 0);
  assert.equal(compileTextPattern('cake', { match: 'words' })(event, body), true);
});

test('a text of ordinary length has enough for the patterns of a large room', () => {
  const event = prepare();
  const body = 'is anybody going to the meeting on thursday, and who brings c++ books? '.repeat(5);
  const matches = compileTextPattern('c++ book*', { match: 'words' });
  for (let member = 0; member < 4_000; member++) assert.equal(matches(event, body), true);
});
