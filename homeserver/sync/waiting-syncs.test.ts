import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import type { Context } from '../platform/context.ts';
import { makeManualClock } from '../testing/make-manual-clock.ts';
import { ConnectedUser } from './connected-user.ts';
import { WaitingSyncs } from './waiting-syncs.ts';

/** Waiting users; answering each takes `costMs`. */
function makeWaiting(costMs: number) {
  const clock = makeManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const waiting = new WaitingSyncs({ clock, metrics } as unknown as Context);
  const answered: string[] = [];
  const { signal } = new AbortController();
  const makeUser = (name: string) => new ConnectedUser(name, new Map(), []);
  const listen = (user: ConnectedUser) =>
    waiting.wait(user, user.news, 30_000, signal).then((end) => {
      if (end !== 'news') return;
      clock.advance(costMs);
      answered.push(user.userId);
      waiting.noteAnswer(user);
    });
  const tell = (...users: ConnectedUser[]) => {
    for (const user of users) user.news++;
    waiting.wake(users);
  };
  const take = () => answered.splice(0);
  return { clock, waiting, makeUser, listen, tell, take };
}

/** All that has been started comes to its end, timers aside. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('who is quickly answered is woken by each piece of news', async () => {
  const { makeUser, listen, tell, take } = makeWaiting(0);
  const user = makeUser('anna');
  for (let message = 0; message < 3; message++) {
    void listen(user);
    tell(user);
    await settle();
    assert.deepEqual(take(), ['anna']);
  }
});

test('after a round that took long, those answered in it wait for the next, and others do not', async () => {
  const { clock, waiting, makeUser, listen, tell, take } = makeWaiting(2);
  const [anna, ben, cora] = [makeUser('anna'), makeUser('ben'), makeUser('cora')] as const;
  for (const user of [anna, ben, cora]) void listen(user);
  tell(anna, ben);
  await settle();
  assert.deepEqual(take(), ['anna', 'ben']);
  for (const user of [anna, ben]) void listen(user);
  tell(anna, ben, cora);
  await settle();
  assert.deepEqual(take(), ['cora'], 'she had no turn yet');
  const another = waiting.waitForRound(anna);
  assert.ok(another, 'a call that comes now waits, too');
  clock.advance(25);
  await settle();
  assert.deepEqual(take(), ['anna', 'ben']);
  await another;
  clock.advance(25);
  assert.equal(waiting.waitForRound(anna), undefined, 'the round is over');
});

test('a call that ends while it waits for the next round leaves nothing behind', async () => {
  const { clock, waiting, makeUser, listen, tell, take } = makeWaiting(5);
  const user = makeUser('anna');
  void listen(user);
  tell(user);
  await settle();
  take();
  const controller = new AbortController();
  const ended = waiting.wait(user, user.news, 30_000, controller.signal);
  tell(user);
  controller.abort();
  assert.equal(await ended, 'closed');
  assert.equal(user.waiting.size, 0);
  clock.advance(25);
  await settle();
  void listen(user);
  tell(user);
  await settle();
  assert.deepEqual(take(), ['anna']);
});
