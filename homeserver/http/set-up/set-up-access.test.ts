import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@holdfast/effects/random.ts';
import { formatSetUpUrl, grantSetUpAccess } from './set-up-access.ts';

test('only the token gives access, and only until it was used', async () => {
  const access = grantSetUpAccess(systemRandom);
  for (const wrong of ['', `${access.token}x`, access.token.slice(1), access.token.toUpperCase()]) {
    assert.throws(() => access.check(wrong), { errcode: 'M_FORBIDDEN' }, wrong);
  }
  access.check(access.token);
  assert.equal(await access.useUp(access.token, async () => 'made'), 'made');
  assert.ok(access.isUsedUp());
  assert.throws(() => access.check(access.token), { errcode: 'M_FORBIDDEN' });
  await assert.rejects(
    access.useUp(access.token, async () => 'again'),
    { errcode: 'M_FORBIDDEN' },
  );
});

test('what fails does not use the token up', async () => {
  const access = grantSetUpAccess(systemRandom);
  await assert.rejects(
    access.useUp(access.token, () => Promise.reject(new Error('weak'))),
    /weak/,
  );
  assert.equal(await access.useUp(access.token, async () => 'made'), 'made');
});

test('of two at the same time one is refused', async () => {
  const access = grantSetUpAccess(systemRandom);
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = access.useUp(access.token, () => promise);
  await assert.rejects(
    access.useUp(access.token, async () => 'second'),
    { errcode: 'M_FORBIDDEN' },
  );
  resolve('first');
  assert.equal(await first, 'first');
});

test('the token is in the part of the address that no server sees', () => {
  const access = grantSetUpAccess(systemRandom);
  const { hash, pathname, search } = new URL(formatSetUpUrl('http://127.0.0.1:8008', access));
  assert.deepEqual([pathname, search, hash], ['/', '', `#/set-up?token=${access.token}`]);
});
