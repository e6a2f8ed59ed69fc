import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import type { HttpAnswer, SendRequest } from '@holdfast/effects/send-request.ts';
import { makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import { MatrixClient } from './matrix-client.ts';

const well: HttpAnswer = { status: 200, header: () => null, body: '{}' };

test('when the homeserver answers again, all that waited for another try is tried at once', async () => {
  const clock = {
    ...makeManualClock(),
    // A pause ends when it is told to, and not before.
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
  };
  const asked: string[] = [];
  let isAway = true;
  const send: SendRequest = async ({ url }) => {
    asked.push(url.slice(url.lastIndexOf('/') + 1));
    if (isAway) throw new Error('no route');
    return well;
  };
  const parts = { asToken: 'token', concurrentRequests: 8, clock, random: systemRandom, send };
  const client = new MatrixClient({ url: 'http://homeserver', ...parts });
  let returns = 0;
  client.onBack = () => (returns += 1);
  const waiting = ['one', 'two'].map((path) => client.request({ method: 'GET', path }));
  while (asked.length < 2) await new Promise(setImmediate);
  assert.equal(returns, 0);
  isAway = false;
  await client.request({ method: 'GET', path: 'three' });
  await Promise.all(waiting);
  assert.deepEqual(asked, ['one', 'two', 'three', 'one', 'two']);
  assert.equal(returns, 1);
});

test('a request whose turn does not come is over at its deadline, and too many are refused at once', async () => {
  const send: SendRequest = (_, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('too late'))));
  const parts = { asToken: 'token', concurrentRequests: 1, clock: systemClock, random: systemRandom, send };
  const client = new MatrixClient({ url: 'http://homeserver', ...parts });
  const ask = (timeoutMs: number) => client.request({ method: 'GET', path: 'x', timeoutMs });
  const first = ask(600_000);
  await assert.rejects(ask(20), /the requests before it took too long/);
  assert.deepEqual([client.readLoad().active, client.readLoad().waiting], [1, 0]);
  const waiting = [first, ...Array.from({ length: 4_999 }, () => ask(600_000))];
  for (const each of waiting) each.catch(() => {});
  await assert.rejects(ask(600_000), /too many requests wait already/);
  client.close();
  await Promise.allSettled(waiting);
  assert.deepEqual([client.readLoad().active, client.readLoad().waiting], [0, 0]);
});
