import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PoisonWatch } from './poison-watch.ts';

const minuteMs = 60_000;
const transaction = 7;

interface Attempt {
  readonly status?: number;
  readonly transaction?: number;
}

interface Case {
  readonly says: string;
  /** One each step; as many refusals with 500 as there are steps, where nothing is said. */
  readonly attempts?: readonly Attempt[];
  readonly steps?: number;
  readonly stepMs?: number;
  readonly answersPing?: boolean;
  readonly isHeld: boolean;
}

const repeat = (count: number, attempt: Attempt): Attempt[] => Array.from({ length: count }, () => attempt);

const cases: readonly Case[] = [
  { says: 'the same transaction refused for half an hour', isHeld: true },
  { says: 'refused with a status of 400', attempts: repeat(40, { status: 400 }), isHeld: true },
  { says: 'refused often, not for long', steps: 500, stepMs: 1_000, isHeld: false },
  { says: 'refused for long, not often', steps: 19, stepMs: 10 * minuteMs, isHeld: false },
  { says: 'a service that answers no ping', answersPing: false, isHeld: false },
  { says: 'a service that cannot be reached', attempts: repeat(40, {}), isHeld: false },
  { says: 'a proxy without a service behind it', attempts: repeat(40, { status: 502 }), isHeld: false },
  { says: 'one that asks for patience', attempts: repeat(40, { status: 429 }), isHeld: false },
  { says: 'one that leads elsewhere', attempts: repeat(40, { status: 302 }), isHeld: false },
  {
    says: 'an attempt in between that got no answer',
    attempts: [...repeat(25, { status: 500 }), {}, ...repeat(25, { status: 500 })],
    isHeld: false,
  },
  {
    says: 'another transaction since',
    attempts: [...repeat(25, { status: 500 }), ...repeat(25, { status: 500, transaction: 8 })],
    isHeld: false,
  },
];

for (const { says, attempts, steps = 40, stepMs = minuteMs, answersPing = true, isHeld } of cases) {
  test(`${says}: ${isHeld ? 'it is held back' : 'it is tried as before'}`, async () => {
    const watch = new PoisonWatch();
    for (const [index, attempt] of (attempts ?? repeat(steps, { status: 500 })).entries()) {
      await watch.note({ transaction, status: undefined, ...attempt }, index * stepMs, async () => answersPing);
    }
    assert.equal(watch.isHeld, isHeld);
  });
}

test('a service that answers no ping is pinged seldom, and one that is held back not at all', async () => {
  const watch = new PoisonWatch();
  let [pings, answers] = [0, false];
  const refuse = (atMs: number) =>
    watch.note({ transaction, status: 500 }, atMs, async () => {
      pings++;
      return answers;
    });
  for (let atMs = 0; atMs < 40 * minuteMs; atMs += 1_000) await refuse(atMs);
  assert.equal(pings, 2);
  answers = true;
  assert.equal(await refuse(41 * minuteMs), true);
  assert.equal(await refuse(102 * minuteMs), false, 'it is said once');
  assert.equal(pings, 3);
});

test('one that was let go has to refuse for as long again', async () => {
  const watch = new PoisonWatch();
  const refuse = (atMs: number) => watch.note({ transaction, status: 500 }, atMs, async () => true);
  for (let atMs = 0; atMs <= 30 * minuteMs; atMs += minuteMs) await refuse(atMs);
  assert.equal(watch.release(), true);
  assert.equal(watch.release(), false);
  for (let atMs = 31 * minuteMs; atMs < 60 * minuteMs; atMs += minuteMs) await refuse(atMs);
  assert.equal(watch.isHeld, false);
});
