import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowedLocalpart, isCompliantUserId, isUserId, makeUserId, parseUserId } from './user-id.ts';

test('a user id is parsed into its localpart and server name', () => {
  assert.deepEqual(parseUserId('@alice:example.org'), { localpart: 'alice', serverName: 'example.org' });
  assert.deepEqual(parseUserId('@a:[::1]:8448'), { localpart: 'a', serverName: '[::1]:8448' });
});

test('historical user ids of others are accepted', () => {
  for (const id of ['@:example.org', '@Alice:example.org', '@ä ö\n:example.org', '@😀:example.org', '@@:example.org']) {
    assert.equal(isUserId(id), true, id);
  }
});

test('what is no user id is refused', () => {
  for (const id of [
    '',
    '@',
    'alice:example.org',
    '@alice',
    '@alice:',
    '@alice:exa mple',
    '@al:ice:example.org',
    '@al\u0000ice:example.org',
    '@al\ud83dice:example.org',
    `@${'a'.repeat(244)}:example.org`,
  ]) {
    assert.equal(isUserId(id), false, id);
  }
  assert.equal(isUserId(`@${'a'.repeat(242)}:example.org`), true);
});

test('a new user may only have the current characters in the localpart', () => {
  assert.equal(isAllowedLocalpart('a-z0.9_=/+'), true);
  for (const localpart of ['', 'Alice', 'a b', 'a:b', 'ä', 'a*', 'alice\n']) {
    assert.equal(isAllowedLocalpart(localpart), false, localpart);
  }
});

test('a user id outside of printable ASCII is not shown to clients outside of events', () => {
  assert.equal(isCompliantUserId('@Alice!:example.org'), true);
  for (const id of ['@:example.org', '@a b:example.org', '@ä:example.org', 'alice']) {
    assert.equal(isCompliantUserId(id), false, id);
  }
});

test('no user id longer than 255 bytes is made', () => {
  assert.equal(makeUserId('alice', 'example.org'), '@alice:example.org');
  assert.equal(makeUserId('Alice', 'example.org'), undefined);
  assert.equal(makeUserId('a'.repeat(243), 'example.org'), undefined);
});
