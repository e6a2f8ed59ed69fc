import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeManualClock } from '../testing/make-manual-clock.ts';
import { OriginTurns } from './origin-turns.ts';

test('work of one origin runs one after another, that of others beside it', async () => {
  const turns = new OriginTurns(makeManualClock());
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const first = turns.run('a.test', () => gate.promise).then(() => done.push('a1'));
  const second = turns.run('a.test', async () => {}).then(() => done.push('a2'));
  await turns.run('b.test', async () => {}).then(() => done.push('b'));
  assert.deepEqual(done, ['b']);
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(done, ['b', 'a1', 'a2']);
  assert.equal(turns.inAll, 0);
});

test('an origin that sends more than its share is told to come again, and others are not', async () => {
  const turns = new OriginTurns(makeManualClock());
  const gate = Promise.withResolvers<void>();
  const running = Array.from({ length: 4 }, () => turns.run('a.test', () => gate.promise));
  await assert.rejects(
    turns.run('a.test', async () => {}),
    { errcode: 'M_LIMIT_EXCEEDED', status: 429 },
  );
  await turns.run('b.test', async () => {});
  gate.resolve();
  await Promise.all(running);
  await turns.run('a.test', async () => {});
});

test('work that fails gives its turn back', async () => {
  const turns = new OriginTurns(makeManualClock());
  await assert.rejects(
    turns.run('a.test', async () => {
      throw new Error('no');
    }),
  );
  assert.equal(await turns.run('a.test', async () => 'well'), 'well');
});

test('the oldest that is here is told, whether it is worked on or waits, and nothing when all is worked off', async () => {
  const clock = makeManualClock();
  const turns = new OriginTurns(clock);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  assert.equal(turns.oldestMs, 0);
  const one = turns.run('a.test', () => first.promise);
  clock.advance(2_000);
  const two = turns.run('a.test', () => second.promise);
  clock.advance(1_000);
  assert.equal(turns.oldestMs, 3_000);
  first.resolve();
  await one;
  assert.equal(turns.oldestMs, 1_000);
  second.resolve();
  await two;
  assert.equal(turns.oldestMs, 0);
});
