import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadOnce } from './load-once.ts';

test('what was read is not read again, however many ask at once', async () => {
  let readings = 0;
  const memory = new LoadOnce(async () => {
    await Promise.resolve();
    readings++;
  });
  await Promise.all([memory.done(), memory.done()]);
  await memory.done();
  assert.equal(readings, 1);
});

test('a reading that failed fails for those who waited for it, and is made again for the next', async () => {
  let readings = 0;
  const memory = new LoadOnce(() => (++readings === 1 ? Promise.reject(new Error('away')) : Promise.resolve()));
  const outcomes = await Promise.allSettled([memory.done(), memory.done()]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await memory.done();
  await memory.done();
  assert.equal(readings, 2);
});
