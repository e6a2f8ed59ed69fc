import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { ClientGoneError, readBody, readJsonBody } from './read-body.ts';

/** A body that comes as the test writes it. */
function makeBody(headers: Record<string, string> = {}) {
  const stream = Object.assign(new PassThrough(), { headers });
  return { stream, incoming: stream as unknown as IncomingMessage };
}

/** A clock whose timers end when the test says so. */
function makeClock() {
  let fire = () => {};
  let cancelled = 0;
  const clock = {
    ...systemClock,
    startTimer: (_durationMs: number, run: () => void) => {
      fire = run;
      return { cancel: () => void cancelled++ };
    },
  };
  return { clock, runOut: () => fire(), cancelled: () => cancelled };
}

test('a body in many pieces is put together, and the timer is stopped', async () => {
  const { stream, incoming } = makeBody();
  const { clock, cancelled } = makeClock();
  const reading = readJsonBody(clock, incoming, 1_000);
  for (const piece of ['{"a', '":"ü', '"}']) stream.write(piece);
  stream.end();
  assert.deepEqual(await reading, { a: 'ü' });
  assert.equal(cancelled(), 1);
});

test('no body counts as an empty object', async () => {
  const { incoming } = makeBody({ 'content-length': '0' });
  assert.deepEqual(await readJsonBody(systemClock, incoming, 1_000), {});
});

test('a body that does not arrive in time is 408', async () => {
  const { stream, incoming } = makeBody();
  const { clock, runOut } = makeClock();
  const reading = readBody(clock, incoming, 1_000);
  stream.write('{');
  runOut();
  await assert.rejects(reading, { errcode: 'M_UNKNOWN', status: 408 });
});

test('a body that is a little too large is read to its end, so that its sender hears of it', async () => {
  const { stream, incoming } = makeBody();
  const reading = readBody(systemClock, incoming, 1_000);
  stream.write(Buffer.alloc(600));
  stream.write(Buffer.alloc(600));
  const early = await Promise.race([
    reading.catch(() => 'refused'),
    new Promise((done) => setImmediate(done, 'reading')),
  ]);
  assert.equal(early, 'reading');
  stream.end();
  await assert.rejects(reading, { errcode: 'M_TOO_LARGE' });
});

test('an endless body is refused before its end', async () => {
  const { stream, incoming } = makeBody();
  const reading = readBody(systemClock, incoming, 1_000);
  const outcome = assert.rejects(reading, { errcode: 'M_TOO_LARGE' });
  let refused = false;
  reading.catch(() => {
    refused = true;
  });
  const piece = Buffer.alloc(1024 * 1024);
  for (let count = 0; count < 1_000 && !refused; count++) {
    stream.write(piece);
    await new Promise((done) => setImmediate(done));
  }
  await outcome;
});

test('a client that goes away in the middle leaves nobody to answer', async () => {
  const { stream, incoming } = makeBody();
  const reading = readBody(systemClock, incoming, 1_000);
  stream.write('{');
  stream.destroy();
  await assert.rejects(reading, ClientGoneError);
});
