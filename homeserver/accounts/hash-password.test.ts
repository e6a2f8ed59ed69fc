import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../platform/config/load-config.ts';
import type { Context } from '../platform/context.ts';
import { checkNewPassword, hashPassword, verifyPassword } from './hash-password.ts';

const { config } = loadConfig({
  environment: {},
  overrides: { 'password.memory_kib': 1024, 'password.iterations': 1 },
});
const context = { config } as Context;

test('a password opens its own hash, which is salted Argon2id', async () => {
  const stored = await hashPassword(context, 'correct horse');
  assert.match(stored, /^\$argon2id\$v=19\$m=1024,t=1,p=1\$/);
  assert.notEqual(await hashPassword(context, 'correct horse'), stored);
  assert.equal(await verifyPassword(context, stored, 'correct horse'), true);
  assert.equal(await verifyPassword(context, stored, 'correct horsf'), false);
});

test('the same letters typed on another keyboard are the same password', async () => {
  const stored = await hashPassword(context, 'cafe\u0301 secret');
  assert.equal(await verifyPassword(context, stored, 'caf\u00e9 secret'), true);
});

test('without a hash, and for a password that is too long, nothing opens', async () => {
  assert.equal(await verifyPassword(context, null, 'anything'), false);
  const stored = await hashPassword(context, 'anything');
  assert.equal(await verifyPassword(context, stored, 'x'.repeat(100_000)), false);
});

test('many passwords at once are all hashed, and far too many are told to come again', async () => {
  const results = await Promise.allSettled(Array.from({ length: 250 }, () => hashPassword(context, 'some password')));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 250 - 202);
  assert.equal(refused[0]?.reason.status, 503);
});

test('short and endless passwords are refused', () => {
  assert.throws(() => checkNewPassword(context, 'short'), { errcode: 'M_WEAK_PASSWORD' });
  assert.throws(() => checkNewPassword(context, 'x'.repeat(513)), { errcode: 'M_INVALID_PARAM' });
  checkNewPassword(context, 'long enough');
});
