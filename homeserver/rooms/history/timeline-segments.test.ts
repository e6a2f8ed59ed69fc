import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PositionRange } from '../../storage/rooms/read-timeline.ts';
import {
  firstPosition,
  lastPosition,
  placeBehind,
  segmentsBetween,
  timelineOrder,
  timelineSegments,
} from './timeline-segments.ts';

const all = { first: firstPosition, last: lastPosition, comesAfterGap: false };
const plain = (ranges: readonly PositionRange[]) => ranges.map(({ first, last }) => ({ first, last }));
/** Joined at 10, left at 12, joined again at 30: what was in between lies at -6 to -4 and, older, -9 to -8. */
const rejoined = timelineSegments([
  { before: 30, first: -6, last: -4 },
  { before: 30, first: -9, last: -8 },
]);

test('the timeline of a room without filled gaps is all positions in their order', () => {
  assert.deepEqual(timelineSegments([]), [all]);
  assert.deepEqual(segmentsBetween([all], 'b', 20, 10), [{ first: 11, last: 20 }]);
  assert.deepEqual(segmentsBetween([all], 'f', 10, 20), [{ first: 11, last: 20 }]);
  assert.deepEqual(plain(segmentsBetween([all], 'b', undefined, undefined)), plain([all]));
});

test('a gap that was filled stands right before its event, the part that was filled later before the other', () => {
  assert.deepEqual(plain(rejoined), [
    { first: firstPosition, last: -10 },
    { first: -7, last: -7 },
    { first: -3, last: 29 },
    { first: -9, last: -8 },
    { first: -6, last: -4 },
    { first: 30, last: lastPosition },
  ]);
});

test('reading backwards from the event after a gap goes through the gap, then on below it', () => {
  assert.deepEqual(plain(segmentsBetween(rejoined, 'b', 29, undefined)).slice(0, 3), [
    { first: -6, last: -4 },
    { first: -9, last: -8 },
    { first: -3, last: 29 },
  ]);
  assert.deepEqual(plain(segmentsBetween(rejoined, 'b', 31, 12)).slice(0, 4), [
    { first: 30, last: 31 },
    { first: -6, last: -4 },
    { first: -9, last: -8 },
    { first: 13, last: 29 },
  ]);
});

test('a place inside a gap goes on inside it, and its lowest place leads out of it', () => {
  assert.deepEqual(plain(segmentsBetween(rejoined, 'b', -5, undefined))[0], { first: -6, last: -5 });
  const out = segmentsBetween(rejoined, 'b', -9, undefined);
  assert.deepEqual(plain(out)[0], { first: -3, last: 29 });
});

test('reading forwards goes through a gap as well', () => {
  assert.deepEqual(plain(segmentsBetween(rejoined, 'f', 12, undefined)), [
    { first: 13, last: 29 },
    { first: -9, last: -8 },
    { first: -6, last: -4 },
    { first: 30, last: lastPosition },
  ]);
  assert.deepEqual(plain(segmentsBetween(rejoined, 'f', -5, 30)), [
    { first: -4, last: -4 },
    { first: 30, last: 30 },
  ]);
});

test('a gap in older history stands among it', () => {
  const segments = timelineSegments([{ before: -5, first: -20, last: -15 }]);
  assert.deepEqual(plain(segments), [
    { first: firstPosition, last: -21 },
    { first: -14, last: -6 },
    { first: -20, last: -15 },
    { first: -5, last: lastPosition },
  ]);
});

test('positions are compared by where they stand', () => {
  const compare = timelineOrder(rejoined);
  assert.deepEqual([30, -5, 12, -8, 31, -6].sort(compare), [12, -8, -6, -5, 30, 31]);
});

test('a page that ends with a stretch of the timeline names a place from which the next one goes on', () => {
  const parts = segmentsBetween(rejoined, 'b', 40, undefined);
  for (const [index, part] of parts.slice(0, -1).entries()) {
    const left = segmentsBetween(rejoined, 'b', placeBehind(rejoined, part, true), undefined);
    assert.deepEqual(plain(left), plain(parts.slice(index + 1)));
  }
});
