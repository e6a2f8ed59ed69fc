import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { checkOwnName } from './check-own-name.ts';
import { type ReachFinding, reachabilitySource } from './reachability.ts';

const minuteMs = 60_000;
const good: ReachFinding[] = [{ verdict: 'ok', what: 'it is found' }];
const bad: ReachFinding[] = [...good, { verdict: 'problem', what: 'nothing listens there' }];
const doubtful: ReachFinding[] = [{ verdict: 'warning', what: 'good for 3 more days' }];

/** Looks every five seconds of the monitor's time; `answers` are those of one check after the other. */
function watch(answers: (readonly ReachFinding[] | Error)[]) {
  const checkedMs: number[] = [];
  let nowMs = 0;
  const source = reachabilitySource({
    serverName: 'example.org',
    check: async () => {
      checkedMs.push(nowMs);
      const answer = answers[Math.min(checkedMs.length, answers.length) - 1] ?? good;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const lookUntil = async (endMs: number) => {
    const deadline = startDeadline(5_000, 'a look');
    try {
      for (;;) {
        const seen = await source.look(deadline, nowMs);
        await turn();
        if (nowMs >= endMs) return seen;
        nowMs += 5_000;
      }
    } finally {
      deadline.finish();
    }
  };
  return { checkedMs, lookUntil };
}

test('the way is gone every five minutes while it is well, once it has been gone twice', async () => {
  const { checkedMs, lookUntil } = watch([good]);
  const seen = await lookUntil(12 * minuteMs);
  assert.deepEqual([seen.failedChecks, seen.wasReached, seen.why], [0, true, undefined]);
  // A check ends between two looks, and the next one is due from the look that sees its end.
  assert.deepEqual(checkedMs, [0, minuteMs + 5_000, 6 * minuteMs + 10_000, 11 * minuteMs + 15_000]);
});

test('what has changed is looked at again after a minute, and counted with its words until it is well', async () => {
  const { checkedMs, lookUntil } = watch([good, good, bad, bad, bad, good]);
  const seen = await lookUntil(9 * minuteMs);
  assert.deepEqual([seen.failedChecks, seen.goodChecks, seen.why], [2, 0, 'nothing listens there']);
  assert.equal(seen.failingForMs, 9 * minuteMs - (checkedMs[2]! + 5_000));
  const third = await lookUntil(13 * minuteMs);
  assert.equal(third.failedChecks, 3);
  const after = await lookUntil(18 * minuteMs);
  assert.deepEqual([after.failedChecks, after.goodChecks, after.failingForMs, after.why], [0, 1, 0, undefined]);
});

test('a doubt does not make it unfound', async () => {
  const seen = await watch([doubtful]).lookUntil(3 * minuteMs);
  assert.deepEqual([seen.failedChecks, seen.doubtfulChecks, seen.why], [0, 2, 'good for 3 more days']);
});

test('a check that ends no more says nothing of the way, and that nothing is known', async () => {
  const { lookUntil } = watch([good, new Error('the check did not come to its end')]);
  const seen = await lookUntil(40 * minuteMs);
  assert.deepEqual([seen.failedChecks, seen.wasReached, seen.why], [0, true, 'the check did not come to its end']);
  assert.equal(seen.unseenForMs, 40 * minuteMs - 5_000);
});

test('a check that hangs keeps no look waiting', async () => {
  const source = reachabilitySource({ serverName: 'example.org', check: () => new Promise(() => {}) });
  const deadline = startDeadline(5_000, 'a look');
  const seen = await source.look(deadline, 0);
  const later = await source.look(deadline, 30 * minuteMs);
  deadline.finish();
  assert.deepEqual([seen.failedChecks, seen.goodChecks, seen.wasReached, seen.unseenForMs], [0, 0, false, 0]);
  assert.deepEqual([later.failedChecks, later.unseenForMs, later.why], [0, 30 * minuteMs, 'a check hangs']);
});

test('a program that says something else is no check', async () => {
  const program = join(import.meta.dirname, 'reachability.ts');
  await assert.rejects(checkOwnName({ program, question: {} }), /the check did not come to its end/);
});
