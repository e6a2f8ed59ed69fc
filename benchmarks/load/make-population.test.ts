import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memberIndexes } from './make-population.ts';

test('eight consecutive rooms share no user, and every user is in six or seven rooms', () => {
  const roomsOfUser = new Map<number, number>();
  for (let first = 0; first < 50; first += 1) {
    const together = Array.from({ length: 8 }, (_, room) => memberIndexes(first + room)).flat();
    assert.equal(new Set(together).size, 64);
    for (const user of memberIndexes(first)) roomsOfUser.set(user, (roomsOfUser.get(user) ?? 0) + 1);
  }
  assert.deepEqual(new Set(roomsOfUser.values()), new Set([6, 7]));
});
