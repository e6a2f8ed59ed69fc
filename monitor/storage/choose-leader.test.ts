import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLeader, type LeaderView } from './choose-leader.ts';

const view: LeaderView = { owner: undefined, lastOwner: undefined, silentForMs: 60_000, ownName: 'b', peers: [] };

const own = { name: 'b', isLeader: false };

const table: readonly (readonly [says: string, changed: Partial<LeaderView>, expected: boolean])[] = [
  ['the database says so', { owner: 'b' }, true],
  ['the database says that it is another one', { owner: 'a', lastOwner: 'b' }, false],
  ['the database is away, and it had the lease', { lastOwner: 'b', silentForMs: 5_000 }, true],
  ['the database is away, and the other one may go on', { lastOwner: 'a', silentForMs: 5_000 }, false],
  ['the other one is not heard of', { lastOwner: 'a' }, true],
  ['the other one says that it pages', { lastOwner: 'a', peers: [{ name: 'a', isLeader: true }] }, false],
  ['nobody ever had the lease, and it is alone', { silentForMs: 0 }, true],
  ['nobody had it, and another one comes first', { peers: [{ name: 'a', isLeader: false }] }, false],
  ['nobody had it, and it comes first', { peers: [{ name: 'c', isLeader: false }] }, true],
  ['nobody had it, and it comes first of a list that it is in', { peers: [own, { name: 'c', isLeader: false }] }, true],
  ['it has paged for a while, and is in its own list', { lastOwner: 'a', peers: [{ ...own, isLeader: true }] }, true],
];

for (const [says, changed, expected] of table) {
  test(`${says}: it ${expected ? 'pages' : 'waits'}`, () => assert.equal(isLeader({ ...view, ...changed }), expected));
}

test('of monitors that hear each other, exactly one pages without a database, whoever had the lease', () => {
  const names = ['a', 'b', 'c'];
  for (const lastOwner of [undefined, ...names]) {
    const had = (name: string) => name === lastOwner;
    const leaders = names.filter((ownName) => {
      const peers = names.filter((name) => name !== ownName).map((name) => ({ name, isLeader: had(name) }));
      return isLeader({ ...view, ownName, lastOwner, peers });
    });
    assert.equal(leaders.length, 1, `${lastOwner}: ${leaders.join(' ')}`);
  }
});
