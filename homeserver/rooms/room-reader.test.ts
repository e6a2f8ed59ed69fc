import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryVisibility } from '@holdfast/protocol/history-visibility/history-visibility.ts';
import { mayReadEvent } from '@holdfast/protocol/history-visibility/may-read-event.ts';
import type { Membership } from '../storage/rooms/membership-codes.ts';
import type { Span } from '../storage/rooms/read-reader-spans.ts';
import { mayRead, readableRanges } from './room-reader.ts';

/** Spans from `[position, value]` pairs, each up to the next. */
function spans<Value>(...changes: [from: number, value: Value][]): Span<Value>[] {
  return changes.map(([from, value], index) => ({ value, from, to: changes[index + 1]?.[0] ?? Infinity }));
}

function readable(memberships: Span<Membership>[], visibilities: Span<HistoryVisibility>[]): string {
  const ranges = readableRanges('@me:test', memberships, visibilities);
  return Array.from({ length: 20 }, (_, index) => index + 1)
    .filter((position) => mayRead({ ranges }, position))
    .join(' ');
}

const everything = Array.from({ length: 20 }, (_, index) => index + 1).join(' ');

test('with shared history, who joined reads all of it, and who left reads up to the leave', () => {
  assert.equal(readable(spans([5, 'join']), spans([2, 'shared'])), everything);
  assert.equal(readable(spans([5, 'join'], [8, 'leave']), spans([2, 'shared'])), '1 2 3 4 5 6 7 8');
});

test('with history for the joined, reading begins with the own join and ends with the own leave', () => {
  assert.equal(
    readable(spans([5, 'join'], [8, 'leave'], [12, 'join']), spans([1, 'joined'])),
    '1 5 6 7 8 12 13 14 15 16 17 18 19 20',
  );
});

test('with history for the invited, reading begins with the own invitation', () => {
  assert.equal(readable(spans([5, 'invite'], [8, 'join'], [10, 'ban']), spans([0, 'invited'])), '5 6 7 8 9 10');
});

test('what was world-readable stays readable for everybody, and nothing else does for strangers', () => {
  assert.equal(readable([], spans([0, 'shared'], [4, 'world_readable'], [7, 'joined'])), '4 5 6 7');
});

test('the ranges agree with the rule for single events at every position', () => {
  const memberships = spans<Membership>(
    [3, 'invite'],
    [5, 'join'],
    [9, 'leave'],
    [11, 'knock'],
    [13, 'join'],
    [17, 'ban'],
  );
  const visibilities = spans<HistoryVisibility>(
    [1, 'shared'],
    [4, 'invited'],
    [7, 'joined'],
    [10, 'world_readable'],
    [12, 'shared'],
  );
  const at = <Value>(list: Span<Value>[], position: number) =>
    list.find(({ from, to }) => from <= position && position < to)?.value;
  const ranges = readableRanges('@me:test', memberships, visibilities);
  for (let position = -2; position < 30; position++) {
    const visibilityChange = visibilities.find(({ from }) => from === position);
    const memberChange = memberships.find(({ from }) => from === position);
    const event = memberChange
      ? { type: 'm.room.member', state_key: '@me:test', content: { membership: memberChange.value } }
      : visibilityChange
        ? { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: visibilityChange.value } }
        : { type: 'm.room.message', content: {} };
    const expected = mayReadEvent(event, {
      userId: '@me:test',
      historyVisibility: at(visibilities, position - 1) ?? 'shared',
      membership: at(memberships, position - 1),
      joinedLater: memberships.some(({ value, to }) => value === 'join' && to > position),
    });
    assert.equal(mayRead({ ranges }, position), expected, `position ${position}`);
  }
});
