import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideLeases, type LeaseDecision, type ShardObservation } from './decide-leases.ts';

/** Shards as text: a letter is the process that holds it, `-` is free. */
function observe(text: string): ShardObservation[] {
  return [...text].map((owner, id) => ({ id, owner: owner === '-' ? null : owner, held: owner !== '-' }));
}

const table: {
  what: string;
  self: string;
  shards: string;
  takers: string;
  forLong?: number[];
  expected: LeaseDecision;
}[] = [
  {
    what: 'one process alone takes everything',
    ...{ self: 'a', shards: '----', takers: 'a' },
    expected: { acquire: [0, 1, 2, 3], give: [] },
  },
  {
    what: 'one of two takes its half, and another half than the other',
    ...{ self: 'b', shards: '----', takers: 'ab' },
    expected: { acquire: [2, 3], give: [] },
  },
  {
    what: 'what is left over waits until everybody has an equal part',
    ...{ self: 'a', shards: 'aa--b', takers: 'ab' },
    expected: { acquire: [], give: [] },
  },
  {
    what: 'what is left over is taken once everybody has an equal part',
    ...{ self: 'a', shards: 'aab-b', takers: 'ab' },
    expected: { acquire: [3], give: [] },
  },
  {
    what: 'a shard that stays free is taken beyond the share',
    ...{ self: 'a', shards: 'aa--', takers: 'ab', forLong: [3] },
    expected: { acquire: [3], give: [] },
  },
  {
    what: 'shards of a dead process are shared out by those who live',
    ...{ self: 'a', shards: 'aabb--', takers: 'ab' },
    expected: { acquire: [4], give: [] },
  },
  {
    what: 'one who has too many gives one at a time',
    ...{ self: 'a', shards: 'aaaa', takers: 'ab' },
    expected: { acquire: [], give: [{ shard: 0, to: 'b' }] },
  },
  {
    what: 'nothing is given while something is free for those who lack',
    ...{ self: 'a', shards: 'aabb-', takers: 'abc' },
    expected: { acquire: [], give: [] },
  },
  {
    what: 'a share that is as even as it gets stays as it is',
    ...{ self: 'a', shards: 'aabbc', takers: 'abc' },
    expected: { acquire: [], give: [] },
  },
  {
    what: 'one of those with the larger share gives to one who has less than an equal part',
    ...{ self: 'a', shards: 'aaabbb', takers: 'abc' },
    expected: { acquire: [], give: [{ shard: 0, to: 'c' }] },
  },
  {
    what: 'fewer shards than processes leave some without',
    ...{ self: 'c', shards: 'ab', takers: 'abc' },
    expected: { acquire: [], give: [] },
  },
  {
    what: 'where nobody takes shards, each takes what is free all the same',
    ...{ self: 'a', shards: '--', takers: '' },
    expected: { acquire: [0, 1], give: [] },
  },
  {
    what: 'one who takes none gives all it has to those who have the fewest, and leaves alone what is free',
    ...{ self: 'a', shards: 'aaabb-', takers: 'bcd', forLong: [5] },
    expected: {
      acquire: [],
      give: [
        { shard: 0, to: 'c' },
        { shard: 1, to: 'd' },
        { shard: 2, to: 'c' },
      ],
    },
  },
];

for (const { what, self, shards, takers, forLong = [], expected } of table) {
  test(what, () => {
    const decision = decideLeases({
      self,
      shards: observe(shards),
      takers: [...takers],
      freeForLong: new Set(forLong),
    });
    assert.deepEqual(decision, expected);
  });
}

test('from any beginning the shares become even, nothing stays free, and then nothing moves any more', () => {
  const situation = fc.record({
    processes: fc.integer({ min: 1, max: 7 }),
    owners: fc.array(fc.integer({ min: -1, max: 8 }), { minLength: 1, maxLength: 40 }),
    order: fc.infiniteStream(fc.nat()),
  });
  fc.assert(
    fc.property(situation, ({ processes, owners, order }) => {
      const live = Array.from({ length: processes }, (_, index) => String(index));
      // Owners beyond the living are dead: their shards are free.
      const held = owners.map((owner) => (owner >= 0 && owner < processes ? String(owner) : null));
      const look = (self: string) => {
        const shards = held.map((owner, id) => ({ id, owner, held: owner !== null }));
        const { acquire, give } = decideLeases({ self, shards, takers: live, freeForLong: new Set() });
        for (const id of acquire) held[id] ??= self;
        for (const { shard, to } of give) held[shard] = to;
        return acquire.length + give.length;
      };
      for (let turn = 0; turn < 60 * processes; turn++) look(String((order.next().value ?? 0) % processes));
      // Whatever the chance of the order, a few rounds in turn are enough.
      for (let round = 0; round < 60; round++) for (const self of live) look(self);
      const counts = live.map((self) => held.filter((owner) => owner === self).length);
      assert.ok(!held.includes(null), 'nothing stays free');
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `even: ${counts.join(' ')}`);
      for (const self of live) assert.equal(look(self), 0, 'nothing moves any more');
    }),
    { numRuns: 200 },
  );
});
