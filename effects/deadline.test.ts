import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from './clock.ts';
import { DeadlineExceededError, startDeadline, withDeadline } from './deadline.ts';

/** A clock that a test moves. */
function createManualClock() {
  let nowMs = 1_000;
  let timers: { atMs: number; run: () => void }[] = [];
  const clock: Clock = {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: () => Promise.reject(new Error('not used')),
    startTimer(durationMs, run) {
      const timer = { atMs: nowMs + durationMs, run };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
    },
  };
  return {
    clock,
    countTimers: () => timers.length,
    advance(durationMs: number) {
      nowMs += durationMs;
      const due = timers.filter((timer) => timer.atMs <= nowMs);
      timers = timers.filter((timer) => timer.atMs > nowMs);
      for (const timer of due) timer.run();
    },
  };
}

test('work that is done in time gives its result and leaves no timer', async () => {
  const { clock, countTimers } = createManualClock();
  assert.equal(await withDeadline(Promise.resolve(5), 100, 'counting', { clock }), 5);
  assert.equal(countTimers(), 0);
});

test('work that is late ends in an error that says what was waited for', async () => {
  const { clock, advance } = createManualClock();
  let given: AbortSignal | undefined;
  const late = withDeadline(
    (signal) => {
      given = signal;
      return new Promise(() => {});
    },
    100,
    'asking example.org',
    { clock },
  );
  advance(99);
  assert.equal(given?.aborted, false);
  advance(1);
  await assert.rejects(late, new DeadlineExceededError('asking example.org', 100));
  assert.equal(given?.aborted, true);
});

test('a failure of the work itself comes through as it is', async () => {
  const failure = new TypeError('no');
  await assert.rejects(withDeadline(Promise.reject(failure), 1_000, 'it'), failure);
});

test('a late failure of abandoned work is nobody’s unhandled rejection', async () => {
  const { clock, advance } = createManualClock();
  const work = Promise.withResolvers<never>();
  const abandoned = withDeadline(work.promise, 10, 'it', { clock });
  advance(10);
  await assert.rejects(abandoned, DeadlineExceededError);
  work.reject(new Error('later'));
  await new Promise((resolve) => setImmediate(resolve));
});

test('the steps of one deadline share its time', () => {
  const { clock, advance } = createManualClock();
  const deadline = startDeadline(100, 'all of it', { clock });
  advance(60);
  assert.equal(deadline.remainingMs(), 40);
  deadline.check();
  advance(60);
  assert.equal(deadline.remainingMs(), 0);
  assert.throws(() => deadline.check(), DeadlineExceededError);
});

test('the signal that a deadline was made with ends it early, with its own reason', async () => {
  const { clock, countTimers } = createManualClock();
  const outer = new AbortController();
  const waiting = withDeadline(() => new Promise(() => {}), 100, 'it', { clock, signal: outer.signal });
  outer.abort(new Error('the client went away'));
  await assert.rejects(waiting, /the client went away/);
  assert.equal(countTimers(), 0);
  let called = false;
  const refused = withDeadline(async () => void (called = true), 100, 'it', { clock, signal: outer.signal });
  await assert.rejects(refused, /the client went away/);
  assert.equal(called, false);
});

test('a finished deadline never aborts', () => {
  const { clock, advance } = createManualClock();
  const outer = new AbortController();
  const deadline = startDeadline(10, 'it', { clock, signal: outer.signal });
  deadline.finish();
  advance(20);
  outer.abort();
  assert.equal(deadline.signal.aborted, false);
});
