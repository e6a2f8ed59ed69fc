import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeSyncToken, encodeSyncToken, maxShards, positionInShard } from './sync-token.ts';

const positions = fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { minLength: 1, maxLength: maxShards });

test('any positions come back from their token', () => {
  fc.assert(
    fc.property(positions, (list) => {
      assert.deepEqual(decodeSyncToken(encodeSyncToken(list)), list);
    }),
  );
});

test('text that decodes is the only text of its positions', () => {
  const almostTokens = fc
    .array(
      fc.oneof(fc.constantFrom('s1', 's', '_', '-', '0', '1', '007', '1e3', '+5', ' ', '٣'), fc.nat().map(String)),
      {
        maxLength: 8,
      },
    )
    .map((parts) => `s1_${parts.join('')}`);
  fc.assert(
    fc.property(fc.oneof(fc.string(), almostTokens), (text) => {
      const decoded = decodeSyncToken(text);
      if (decoded !== undefined) assert.equal(encodeSyncToken(decoded), text);
    }),
  );
});

test('the token of a server with one shard is one number', () => {
  assert.equal(encodeSyncToken([4711]), 's1_4711');
  assert.equal(encodeSyncToken([4711, 0, 12]), 's1_4711_0_12');
});

test('a token from before shards were added counts the new shards as unread', () => {
  const old = decodeSyncToken(encodeSyncToken([4711])) ?? [];
  assert.deepEqual(
    [0, 1, 15].map((shard) => positionInShard(old, shard)),
    [4711, 0, 0],
  );
});

test('foreign text is no sync token', () => {
  const foreign = [
    '',
    's1_',
    's1_1_',
    's1__1',
    's2_1',
    's1_-1',
    's1_01',
    's1_1.5',
    's1_9007199254740992',
    's1_99999999999999999999',
    's72594_4483_1934',
    't1_0_5',
    `s1_${'1_'.repeat(maxShards)}1`,
    `s1_${'1'.repeat(100_000)}`,
  ];
  for (const text of foreign) assert.equal(decodeSyncToken(text), undefined, text.slice(0, 40));
});

test('positions that no log has are refused when encoding', () => {
  for (const list of [[], [-1], [1.5], [Number.NaN], [2 ** 53], new Array<number>(maxShards + 1).fill(0)]) {
    assert.throws(() => encodeSyncToken(list), RangeError);
  }
});
