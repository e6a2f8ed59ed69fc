import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followHistory } from './plan-replay.ts';

/** As `timeline/number`: from 1 the history went another way at 3, from that at 5, and from 1 once more at 4. */
const logs = ['1/1', '1/2', '1/3', '1/4', '1/5', '1/6', '2/3', '2/4', '2/5', '3/5', '4/4', '4/5', '4/7'].map((name) => {
  const [timeline = 0, number = 0] = name.split('/').map(Number);
  return { timeline, number };
});

const follow = (timeline: number | undefined, first = 2) =>
  followHistory(logs, { timeline: 1, number: first }, timeline).map((log) => `${log.timeline}/${log.number}`);

test('the logs of the wanted history are followed up to a hole, and those that it left behind are not', () => {
  assert.deepEqual(follow(1), ['1/2', '1/3', '1/4', '1/5', '1/6']);
  assert.deepEqual(follow(2), ['1/2', '2/3', '2/4', '2/5']);
  assert.deepEqual(follow(undefined), ['1/2', '2/3', '4/4', '4/5'], 'the number counts, whatever history it is of');
  assert.deepEqual(follow(undefined, 6), ['1/6', '4/7']);
  assert.deepEqual(follow(undefined, 8), []);
});
