import assert from 'node:assert/strict';
import { test } from 'node:test';
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
