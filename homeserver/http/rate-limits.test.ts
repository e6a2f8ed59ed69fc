import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { addressKey, RateLimits } from './rate-limits.ts';

let nowMs = 0;
const clock = { ...systemClock, monotonicMs: () => nowMs };
const config = (enabled: boolean) =>
  loadConfig({
    environment: {},
    overrides: { 'rate_limits.enabled': enabled, 'rate_limits.message.per_second': 2, 'rate_limits.message.burst': 3 },
  }).config;

function refusal(run: () => void): MatrixError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof MatrixError);
    return error;
  }
}

test('a burst goes through, then so many a second, and the wait that is told is enough', () => {
  const limits = new RateLimits(config(true), clock);
  const take = () => refusal(() => limits.take('message', '@a:b'));
  assert.deepEqual([take(), take(), take()], [undefined, undefined, undefined]);
  const refused = take();
  assert.equal(refused?.errcode, 'M_LIMIT_EXCEEDED');
  const waitMs = refused?.fields['retry_after_ms'] as number;
  assert.equal(waitMs, 500);
  nowMs += waitMs - 1;
  assert.ok(take());
  nowMs += 1;
  assert.equal(take(), undefined);
  assert.ok(take());
  nowMs += 60_000;
  assert.deepEqual([take(), take(), take()], [undefined, undefined, undefined], 'no more than a burst is saved up');
  assert.ok(take());
});

test('users, and kinds of the same user, are counted apart', () => {
  const limits = new RateLimits(config(true), clock);
  for (let count = 0; count < 3; count++) limits.take('message', '@a:b');
  assert.equal(
    refusal(() => limits.take('message', '@b:b')),
    undefined,
  );
  assert.equal(
    refusal(() => limits.take('request', '@a:b')),
    undefined,
  );
  assert.ok(refusal(() => limits.take('message', '@a:b')));
});

test('what is given back may be taken again', () => {
  const limits = new RateLimits(config(true), clock);
  for (let count = 0; count < 10; count++) {
    limits.take('message', '@a:b');
    limits.giveBack('message', '@a:b');
  }
});

test('switched off, everything goes through', () => {
  const limits = new RateLimits(config(false), clock);
  for (let count = 0; count < 100; count++) limits.take('message', '@a:b');
});

for (const [address, key] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['not an address', 'not an address'],
] as const) {
  test(`${address} is counted as ${key}`, () => assert.equal(addressKey(address), key));
}
