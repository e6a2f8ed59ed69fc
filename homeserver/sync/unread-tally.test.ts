import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventEntryBody } from '../platform/shard-log/log-entry.ts';
import { UnreadTally } from './unread-tally.ts';

const own = '@own:x';
const event = (body: Partial<EventEntryBody>) =>
  ({ type: 'm.room.message', sender: '@other:x', notifies: true, ...body }) as EventEntryBody;

function tallyOf(events: readonly Partial<EventEntryBody>[], ownRules = false): UnreadTally {
  const tally = new UnreadTally(own, ownRules, 0, undefined);
  for (const [index, body] of events.entries()) tally.apply(index + 1, event(body));
  return tally;
}

const stories: [string, Partial<EventEntryBody>[], boolean, [number, number]][] = [
  ['messages of others count', [{}, {}], false, [2, 0]],
  ['what notifies nobody does not', [{ notifies: false }], false, [0, 0]],
  ['a mention highlights', [{ notifications: { [own]: 7 } }], false, [1, 1]],
  ['a mention of somebody else does not', [{ notifications: { '@else:x': 7 } }], false, [1, 0]],
  ['a mention of the room highlights once', [{ highlightsAll: true, notifications: { [own]: 7 } }], false, [1, 1]],
  ['with own rules nothing counts by itself', [{}, { highlightsAll: true }], true, [0, 0]],
  ['with own rules the event says what counts', [{ notifications: { [own]: 1 } }, {}], true, [1, 0]],
  ["one's own message reads what was before", [{}, { sender: own }, {}], false, [1, 0]],
  ["one's own profile reads nothing", [{}, { sender: own, type: 'm.room.member' }], false, [1, 0]],
];

for (const [story, events, ownRules, [notifications, highlights]] of stories) {
  test(story, () => assert.deepEqual(tallyOf(events, ownRules).main, { notifications, highlights }));
}

test('threads are counted apart and disappear when they are read', () => {
  const tally = tallyOf([{}, { threadRoot: '$a' }, { threadRoot: '$a' }, { threadRoot: '$b' }]);
  assert.deepEqual(tally.main, { notifications: 1, highlights: 0 });
  assert.deepEqual(tally.total, { notifications: 4, highlights: 0 });
  tally.apply(9, event({ sender: own, threadRoot: '$a' }));
  assert.deepEqual([...tally.threads.keys()], ['$b']);
  assert.deepEqual(tally.main, { notifications: 1, highlights: 0 });
});

test('an event that was counted when the tally was read is not counted again', () => {
  const counts = { positions: [5], main: { notifications: 3, highlights: 0 }, threads: new Map() };
  const tally = new UnreadTally(own, false, 5, counts);
  tally.apply(5, event({}));
  tally.apply(6, event({}));
  assert.equal(tally.main.notifications, 4);
});
