import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParsedEvent } from '../received-event.ts';
import { splitStretch } from './split-stretch.ts';

const event = (eventId: string, depth: number, ...prevs: string[]) =>
  ({ eventId, pdu: { depth }, prevEventIds: new Set(prevs) }) as unknown as ParsedEvent;
const idsOf = (events: readonly ParsedEvent[]) => splitStretch(events).map((part) => part.map((each) => each.eventId));

test('events that lead to one another are one part, also where only a later one joins their branches', () => {
  const branches = [event('a', 1, 'x'), event('b', 2, 'a'), event('c', 2, 'y'), event('d', 3, 'b', 'c')];
  assert.deepEqual(
    idsOf(branches).map((part) => part.toSorted()),
    [['a', 'b', 'c', 'd']],
  );
});

test('what nothing among them connects is in parts of its own, the newest first', () => {
  const events = [event('a', 1), event('c', 9, 'b'), event('b', 8, 'x'), event('d', 5, 'y')];
  assert.deepEqual(
    idsOf(events).map((part) => part.toSorted()),
    [['b', 'c'], ['d'], ['a']],
  );
  assert.deepEqual(idsOf([]), []);
});
