import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { makeTestFolder } from '../../../testing/make-test-folder.ts';
import { formatLogName } from '../log-name.ts';
import { formatReplay, startReplayWatch } from './watch-replay.ts';

const given = (number: number) => `restored log file "${formatLogName({ timeline: 1, number })}" from archive\n`;

test('what PostgreSQL says of its logs becomes percent and time left', async () => {
  const file = join(await makeTestFolder(), 'postgresql.log');
  await writeFile(file, `of an earlier start: ${given(13)}`);
  let nowMs = 0;
  const clock = Object.assign(Object.create(systemClock), {
    // Whoever looks finds that ten seconds went by.
    monotonicMs: () => (nowMs += 10_000),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const said: string[] = [];
  const end = await startReplayWatch(file, { first: 10, last: 13 }, { clock, say: (text) => said.push(text) });
  const hear = async (beginning: string) => {
    for (let looks = 0; !said.some((text) => text.startsWith(beginning)); looks++) {
      assert.ok(looks < 100_000, `${beginning} was not said: ${said.at(-1)}`);
      await new Promise(setImmediate);
    }
  };
  await appendFile(file, `redo starts\n${given(10)}`);
  await hear('replaying: 0%, log 1 of 4');
  assert.ok(
    said.every((text) => text.startsWith('replaying: 0%, log 1 of 4')),
    'an earlier start is none of its business',
  );
  await appendFile(file, given(11).slice(0, 30));
  await appendFile(file, `${given(11).slice(30)}${given(12)}`);
  await hear('replaying: 50%, log 3 of 4, ');
  await end();
});

test('the share of the logs is of those that are done, and never whole', () => {
  const plan = { first: 100, last: 109 };
  assert.equal(formatReplay(plan, 100, 5_000), 'replaying: 0%, log 1 of 10');
  assert.equal(formatReplay(plan, 105, 5_000), 'replaying: 50%, log 6 of 10, 5 s left');
  assert.equal(formatReplay(plan, 110, 90_000), 'replaying: 90%, log 10 of 10, 10 s left');
});
