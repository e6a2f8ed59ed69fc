import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePaginationToken, decodeTimelinePosition, encodePaginationToken } from './pagination-token.ts';
import { encodeSyncToken, maxShards } from './sync-token.ts';

const places = fc
  .tuple(fc.nat({ max: maxShards - 1 }), fc.maxSafeInteger())
  .map(([shard, position]) => ({ shard, position }));

test('any place comes back from its token, also below the beginning of what was joined', () => {
  fc.assert(
    fc.property(places, (place) => {
      assert.deepEqual(decodePaginationToken(encodePaginationToken(place)), place);
    }),
  );
});

test('text that decodes is the only text of its place', () => {
  const almostTokens = fc
    .tuple(fc.constantFrom('', '-', '0', '+'), fc.nat(), fc.constantFrom('', '_', '__', '_-', '_0'), fc.nat())
    .map((parts) => `t1_${parts.join('')}`);
  fc.assert(
    fc.property(fc.oneof(fc.string(), almostTokens), (text) => {
      const place = decodePaginationToken(text);
      if (place !== undefined) assert.equal(encodePaginationToken(place), text);
    }),
  );
});

test('foreign text is no pagination token', () => {
  const foreign = [
    '',
    't1_',
    't1_0',
    't1_0_',
    't1_0_-0',
    't1_-1_5',
    't1_256_5',
    't1_0_5_6',
    't2_0_5',
    's1_5',
    't1_0_1e3',
  ];
  for (const text of foreign) assert.equal(decodePaginationToken(text), undefined, text);
});

test('a sync token is a place in the timeline of any room', () => {
  const token = encodeSyncToken([10, 20]);
  assert.equal(decodeTimelinePosition(token, 1), 20);
  assert.equal(decodeTimelinePosition(token, 5), 0);
});

test('a pagination token of another shard is no place in this room', () => {
  const token = encodePaginationToken({ shard: 1, position: -15 });
  assert.equal(decodeTimelinePosition(token, 1), -15);
  assert.equal(decodeTimelinePosition(token, 0), undefined);
  assert.equal(decodeTimelinePosition('yesterday', 0), undefined);
});
