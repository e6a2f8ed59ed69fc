import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import type { Context } from '../platform/context.ts';
import { TableLooks } from './table-looks.ts';

function makeLooks() {
  const timers: (() => void)[] = [];
  const clock = {
    startTimer: (_durationMs: number, run: () => void) => {
      timers.push(run);
      return { cancel: () => {} };
    },
  };
  const metrics = createMetrics({ processMetrics: false });
  return { looks: new TableLooks({ clock, metrics } as unknown as Context), timers };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('eight run at once, and each that ends lets the next one in, failed or not', async () => {
  const { looks } = makeLooks();
  const ends: (() => void)[] = [];
  const started: number[] = [];
  const all = Array.from({ length: 11 }, (_, index) =>
    looks
      .run(async () => {
        started.push(index);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (index === 0) throw new Error('failed');
      })
      .catch(() => {}),
  );
  await settle();
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 6, 7]);
  ends[0]?.();
  await settle();
  assert.deepEqual(started.at(-1), 8);
  for (let i = 1; i < 11; i++) {
    ends[i]?.();
    await settle();
  }
  await Promise.all(all);
  let ran = false;
  await looks.run(async () => {
    ran = true;
  });
  assert.ok(ran, 'places are given back');
});

test('who waits too long is told to come back, and takes no place', async () => {
  const { looks, timers } = makeLooks();
  const ends: (() => void)[] = [];
  const running = Array.from({ length: 8 }, () => looks.run(() => new Promise<void>((resolve) => ends.push(resolve))));
  const late = looks.run(async () => 'late');
  timers.at(-1)?.();
  await assert.rejects(late, { status: 503 });
  for (const end of ends) end();
  await Promise.all(running);
  assert.equal(await looks.run(async () => 'next'), 'next');
});
