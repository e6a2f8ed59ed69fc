import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runConcurrently } from './run-concurrently.ts';

test('never more tasks than the width are under way, and results stand by number', async () => {
  let underWay = 0;
  let most = 0;
  const results = await runConcurrently(10, 3, async (number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = 0; turn < 10 - number; turn += 1) await Promise.resolve();
    underWay -= 1;
    return number * 2;
  });
  assert.equal(most, 3);
  assert.deepEqual(results, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
});

test('the first error is the result', async () => {
  await assert.rejects(
    runConcurrently(5, 2, (number) => (number === 3 ? Promise.reject(new Error('third')) : Promise.resolve())),
    /third/,
  );
});
