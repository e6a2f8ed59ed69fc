import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunTogether } from './run-together.ts';

test('what is asked during a run goes together with the next, at most so many, and each gets its own answer', async () => {
  const runs: number[][] = [];
  const first = Promise.withResolvers<void>();
  const together = new RunTogether<number, string>({
    maxTogether: 3,
    async run(inputs) {
      runs.push([...inputs]);
      if (runs.length === 1) await first.promise;
      return inputs.map((input) => `answer ${input}`);
    },
  });
  const one = together.ask(1);
  while (runs.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const others = [2, 3, 4, 5].map((input) => together.ask(input));
  first.resolve();
  assert.deepEqual(
    await Promise.all([one, ...others]),
    [1, 2, 3, 4, 5].map((input) => `answer ${input}`),
  );
  assert.deepEqual(runs, [[1], [2, 3, 4], [5]]);
});

test('what cannot be done because of what is in it fails alone; an outage fails all, and the next is tried again', async () => {
  let isAway = false;
  const together = new RunTogether<string, string>({
    maxTogether: 10,
    async run(inputs) {
      if (isAway) throw Object.assign(new Error('away'), { code: 'CONNECTION_CLOSED' });
      if (inputs.includes('bad')) throw Object.assign(new Error('no such text'), { code: '22P05' });
      return inputs;
    },
  });
  const results = await Promise.allSettled(['a', 'bad', 'b'].map((input) => together.ask(input)));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  isAway = true;
  const outage = await Promise.allSettled(['a', 'b'].map((input) => together.ask(input)));
  assert.ok(outage.every(({ status }) => status === 'rejected'));
  isAway = false;
  assert.equal(await together.ask('c'), 'c');
});
