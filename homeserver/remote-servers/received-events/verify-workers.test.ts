import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { VerifyWorkers } from './verify-workers.ts';

const restMs = 30_000;

/** A clock whose timers for a rest run when they are told to. */
function manualRests() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    ...systemClock,
    startTimer(durationMs, run) {
      if (durationMs !== restMs) return systemClock.startTimer(durationMs, run);
      timers.add(run);
      return { cancel: () => void timers.delete(run) };
    },
  };
  const runAll = () => {
    for (const run of timers) {
      timers.delete(run);
      run();
    }
  };
  return { clock, runAll };
}

test('a thread with nothing to do ends, one with something does not, and another takes its place', async () => {
  const { clock, runAll } = manualRests();
  const workers = new VerifyWorkers(clock);
  const first = workers.open();
  await first.ask({ kind: 'examine', version: '12', events: [] });
  first.close();
  assert.equal(workers.threads, 1);
  const second = workers.open();
  await second.ask({ kind: 'examine', version: '12', events: [] });
  runAll();
  assert.equal(workers.threads, 1, 'there is a batch');
  second.close();
  runAll();
  assert.equal(workers.threads, 0);
  const third = workers.open();
  assert.deepEqual(await third.ask({ kind: 'examine', version: '12', events: [] }), []);
  third.close();
  await workers.close();
});

test('a thread that had a large answer ends with it, unless it has something else', async () => {
  const workers = new VerifyWorkers(systemClock, 1);
  const bytes = () => new Uint8Array(2 * 1024 * 1024).fill(0x20);
  const readLarge = async () => {
    const batch = workers.open();
    await batch.ask({ kind: 'split', version: '12', arrays: [], known: [] });
    await batch.ask({ kind: 'add-bytes', bytes: bytes() });
    return batch;
  };
  const small = workers.open();
  await small.ask({ kind: 'split', version: '12', arrays: [], known: [] });
  small.close();
  assert.equal(workers.threads, 1, 'it rests');
  const large = await readLarge();
  const other = workers.open();
  large.close();
  assert.equal(workers.threads, 1);
  assert.deepEqual(await other.ask({ kind: 'examine', version: '12', events: [] }), []);
  other.close();
  assert.equal(workers.threads, 0);
  await workers.close();
});
