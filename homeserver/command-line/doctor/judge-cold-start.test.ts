import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeColdStart } from './judge-cold-start.ts';

const well = { isLive: true, isReady: true, endedByItself: false, tookMs: 3_210, said: 'the end of what it said' };
test('what came of a cold start is judged by what has to be there', () => {
  const judge = (changed: object, hasOwnDatabase = true) => {
    const { verdict, what } = judgeColdStart({ ...well, ...changed }, hasOwnDatabase);
    return `${verdict}: ${what}`;
  };
  assert.match(judge({}), /^ok: .*serves after 3\.2 s$/);
  assert.match(judge({ isReady: false }), /^problem: .*does not take writes after 3\.2 s: the end of what it said$/);
  assert.match(judge({ isReady: false }, false), /^ok: .*waits for it$/);
  assert.match(judge({ isReady: false, isLive: false }, false), /^problem: .*answers nothing/);
  assert.match(judge({ isReady: false, isLive: false, endedByItself: true }), /^problem: .*ended by itself/);
});
