import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshotCache } from './snapshot-cache.ts';

test('readers at the same time share one read, and later ones its value', async () => {
  const cache = new SnapshotCache<number>(10);
  let reads = 0;
  const read = async () => ++reads;
  assert.deepEqual(await Promise.all([cache.get('a', read), cache.get('a', read)]), [1, 1]);
  assert.equal(await cache.get('a', read), 1);
  assert.equal(await cache.get('b', read), 2);
});

test('what was read before a change is given to those who had asked, and not kept', async () => {
  const cache = new SnapshotCache<string>(10);
  let finish = (_value: string) => {};
  const old = cache.get('a', () => new Promise<string>((resolve) => (finish = resolve)));
  cache.drop('a');
  const fresh = cache.get('a', async () => 'new');
  finish('old');
  assert.equal(await old, 'old');
  assert.equal(await fresh, 'new');
  assert.equal(await cache.get('a', async () => 'newer'), 'new');
});

test('a failed read is not kept', async () => {
  const cache = new SnapshotCache<string>(10);
  await assert.rejects(cache.get('a', () => Promise.reject(new Error('away'))));
  assert.equal(await cache.get('a', async () => 'there'), 'there');
});

test('undefined is a value like any other', async () => {
  const cache = new SnapshotCache<string | undefined>(10);
  let reads = 0;
  const read = async () => {
    reads++;
    return undefined;
  };
  await cache.get('a', read);
  await cache.get('a', read);
  assert.equal(reads, 1);
});
