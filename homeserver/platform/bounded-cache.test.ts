import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedCache } from './bounded-cache.ts';

test('a full cache forgets what was used least lately', () => {
  const cache = new BoundedCache<string, number>(3);
  for (const [index, key] of ['a', 'b', 'c'].entries()) cache.set(key, index);
  assert.equal(cache.get('a'), 0);
  cache.set('d', 3);
  assert.equal(cache.get('b'), undefined);
  assert.equal(cache.get('a'), 0);
  assert.equal(cache.size, 3);
});

test('a large cache that is full makes room for many at once', () => {
  const cache = new BoundedCache<number, number>(1_000);
  for (let key = 0; key <= 1_000; key++) cache.set(key, key);
  assert.deepEqual([cache.size, cache.get(61), cache.get(62)], [939, undefined, 62]);
});

test('setting a key again replaces its value without growing', () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set('a', 1);
  cache.set('a', 2);
  cache.delete('b');
  assert.deepEqual([cache.get('a'), cache.size], [2, 1]);
});
