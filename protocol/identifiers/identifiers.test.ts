import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEventIdOfFormat, parseEventId } from './event-id.ts';
import { isKeyId, isServerSigningKeyId, parseKeyId } from './key-id.ts';
import { isMxcUri, makeMxcUri, parseMxcUri } from './mxc-uri.ts';
import { isNamespacedIdentifier, isReservedIdentifier } from './namespaced-identifier.ts';
import { isDeviceId, isOpaqueId, isSessionId, isTransactionId } from './opaque-id.ts';
import { parseRoomAlias } from './room-alias.ts';
import { createEventIdOfRoomId, isCreateHashRoomId, parseRoomId } from './room-id.ts';

const urlSafeHash = 'Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg';
const standardHash = 'acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJk';
const plainHash = 'acR1l0raoZnm60CBwAVgqbZqoOamYU81xysh1u7XcJk';

test('a room id of version 11 carries its server and one of version 12 does not', () => {
  assert.deepEqual(parseRoomId('!abc:example.org:8448'), { opaqueId: 'abc', serverName: 'example.org:8448' });
  assert.deepEqual(parseRoomId(`!${urlSafeHash}`), { opaqueId: urlSafeHash, serverName: undefined });
});

test('a room id without a domain must be a URL-safe hash', () => {
  assert.equal(isCreateHashRoomId(`!${urlSafeHash}`), true);
  for (const id of [
    `!${standardHash}`,
    `!${urlSafeHash}A`,
    '!abc',
    '!',
    `$${urlSafeHash}`,
    `!${urlSafeHash.slice(1)}`,
  ]) {
    assert.equal(parseRoomId(id), undefined, id);
  }
});

test('a room id of version 12 leads back to its create event', () => {
  assert.equal(createEventIdOfRoomId(`!${urlSafeHash}`), `$${urlSafeHash}`);
});

test('a room id may hold control characters and slashes but neither NUL nor a lone surrogate', () => {
  assert.deepEqual(parseRoomId('!a/b\n:x'), { opaqueId: 'a/b\n', serverName: 'x' });
  assert.equal(parseRoomId('!a\u0000:x'), undefined);
  assert.equal(parseRoomId('!a\ud800:x'), undefined);
});

test('a room alias is parsed and may be written in any script', () => {
  assert.deepEqual(parseRoomAlias('#日本:example.org'), { localpart: '日本', serverName: 'example.org' });
  for (const alias of ['#a', 'a:example.org', '#a:', '#a:exa mple', '#a\u0000:x', `#${'日'.repeat(84)}:ab`]) {
    assert.equal(parseRoomAlias(alias), undefined, alias);
  }
});

test('255 bytes are counted in UTF-8, not in characters', () => {
  assert.notEqual(parseRoomAlias(`#${'日'.repeat(84)}:a`), undefined); // 1 + 252 + 2 bytes
  assert.equal(parseRoomAlias(`#${'日'.repeat(84)}:ab`), undefined);
  assert.notEqual(parseRoomAlias(`#${'😀'.repeat(63)}:a`), undefined); // 1 + 252 + 2 bytes
  assert.equal(parseRoomAlias(`#${'😀'.repeat(63)}é:a`), undefined);
});

test('an event id is of the format of its room version and of no other', () => {
  assert.deepEqual(parseEventId('$1:example.org'), { format: 'server', opaqueId: '1', serverName: 'example.org' });
  assert.deepEqual(parseEventId(`$${standardHash}`), { format: 'hash', hash: standardHash });
  assert.deepEqual(parseEventId(`$${urlSafeHash}`), { format: 'hash-url', hash: urlSafeHash });
  assert.equal(isEventIdOfFormat('$1:example.org', 'server'), true);
  assert.equal(isEventIdOfFormat('$1:example.org', 'hash'), false);
  assert.equal(isEventIdOfFormat(`$${standardHash}`, 'hash'), true);
  assert.equal(isEventIdOfFormat(`$${standardHash}`, 'hash-url'), false);
  assert.equal(isEventIdOfFormat(`$${urlSafeHash}`, 'hash-url'), true);
  assert.equal(isEventIdOfFormat(`$${urlSafeHash}`, 'hash'), false);
  assert.equal(isEventIdOfFormat(`$${plainHash}`, 'hash'), true);
  assert.equal(isEventIdOfFormat(`$${plainHash}`, 'hash-url'), true);
});

test('what is no hash and has no domain is no event id', () => {
  for (const id of ['$', '$a', `$${urlSafeHash}=`, urlSafeHash, `${'$'}${urlSafeHash.slice(0, -1)}h`, '$a:b c']) {
    assert.equal(parseEventId(id), undefined, id);
  }
});

test('an mxc uri is a server name and a media id without path tricks', () => {
  assert.deepEqual(parseMxcUri('mxc://example.org:8448/aB3_-'), { serverName: 'example.org:8448', mediaId: 'aB3_-' });
  assert.equal(parseMxcUri(makeMxcUri('example.org', 'abc'))?.mediaId, 'abc');
  for (const uri of [
    'mxc://example.org',
    'mxc://example.org/',
    'mxc:///abc',
    'mxc://example.org/a/b',
    'mxc://example.org/..',
    'mxc://example.org/%2e',
    'mxc://example.org/abc?x',
    'https://example.org/abc',
    `mxc://example.org/${'a'.repeat(256)}`,
  ]) {
    assert.equal(isMxcUri(uri), false, uri);
  }
});

test('a key id splits at its first colon, for device ids may hold more', () => {
  assert.deepEqual(parseKeyId('ed25519:JLAFKJWSCS'), { algorithm: 'ed25519', identifier: 'JLAFKJWSCS' });
  assert.deepEqual(parseKeyId('signed_curve25519:a:b'), { algorithm: 'signed_curve25519', identifier: 'a:b' });
  for (const id of ['ed25519', 'ed25519:', ':abc', 'ed 25519:abc', 'ed25519:a\u0000', `ed25519:${'a'.repeat(250)}`]) {
    assert.equal(isKeyId(id), false, id);
  }
});

test('a server signs with ed25519 keys whose version is letters, digits and underscores', () => {
  assert.equal(isServerSigningKeyId('ed25519:a_B1'), true);
  for (const id of ['ed25519:a-b', 'ed25519:', 'rsa:1', 'ed25519:a:b'])
    assert.equal(isServerSigningKeyId(id), false, id);
});

test('opaque ids keep to their grammar and their 255 characters', () => {
  assert.equal(isOpaqueId('aZ0-._~'), true);
  assert.equal(isOpaqueId('a'.repeat(255)), true);
  for (const id of ['', 'a b', 'a=b', 'é', 'a'.repeat(256)]) assert.equal(isOpaqueId(id), false, id);
  assert.equal(isSessionId('aZ0.=_-'), true);
  for (const id of ['', 'a~b', 'a'.repeat(256)]) assert.equal(isSessionId(id), false, id);
});

test('device and transaction ids may be anything that can be stored in 255 bytes', () => {
  for (const isValid of [isDeviceId, isTransactionId]) {
    for (const id of ['A', 'my phone', 'm1700.1', '日'.repeat(85)]) assert.equal(isValid(id), true, id);
    for (const id of ['', 'a\u0000', '\udc00', '日'.repeat(86)]) assert.equal(isValid(id), false, id);
  }
});

test('a namespaced identifier begins with a letter, is lower case and at most 255 characters', () => {
  for (const id of ['m.tz', 'com.example-1.field_x', 'a', 'a'.repeat(255)]) {
    assert.equal(isNamespacedIdentifier(id), true, id);
  }
  for (const id of ['', '1a', '.a', 'A', 'a b', 'a/b', '__proto__', 'a\n', 'a'.repeat(256)]) {
    assert.equal(isNamespacedIdentifier(id), false, id);
  }
  assert.equal(isReservedIdentifier('m.tz'), true);
  assert.equal(isReservedIdentifier('us.tz'), false);
});
