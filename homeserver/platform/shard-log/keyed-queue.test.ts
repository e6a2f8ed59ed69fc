import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedQueue } from './keyed-queue.ts';

test('work of one key runs in the order in which it came, one at a time; other keys do not wait', async () => {
  const queue = new KeyedQueue();
  const steps: string[] = [];
  const open: Record<string, () => void> = {};
  const run = async (key: string, name: string) => {
    const release = await queue.acquire(key);
    steps.push(`${name} begins`);
    await new Promise<void>((resolve) => {
      open[name] = resolve;
    });
    steps.push(`${name} ends`);
    release();
  };
  const first = run('key', 'first');
  const second = run('key', 'second');
  const third = run('key', 'third');
  const other = run('other', 'other');
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(steps, ['first begins', 'other begins']);
  open['other']?.();
  await other;
  for (const [name, work] of [
    ['first', first],
    ['second', second],
    ['third', third],
  ] as const) {
    open[name]?.();
    await work;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const expected = ['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]);
  assert.deepEqual(
    steps.filter((step) => !step.startsWith('other')),
    expected,
  );
});

test('nothing is kept of keys that nobody uses any more, and a free key is given at once', async () => {
  const queue = new KeyedQueue();
  const first = queue.acquire('key');
  assert.equal(typeof first, 'function');
  const second = queue.acquire('key');
  assert.ok(second instanceof Promise);
  (first as () => void)();
  (await second)();
  assert.equal(queue.size, 0);
});
