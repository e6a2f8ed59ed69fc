import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64 } from '../crypto/base64.ts';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { makeTestSigningKey, nodeCryptoPrimitives as primitives } from '../testing/node-crypto-primitives.ts';
import { contentHash, hasRightContentHash } from './content-hash.ts';
import type { Pdu } from './pdu.ts';
import { redactEvent } from './redact-event.ts';
import { eventIdOf, roomIdOf } from './reference-hash.ts';
import { hashAndSignEvent, signEvent } from './sign-event.ts';

const rulesOf = (version: string) => roomVersionRules(version) as RoomVersionRules;

// https://spec.matrix.org/v1.19/appendices/#event-signing
const specificationKey = {
  name: 'domain',
  keyId: 'ed25519:1',
  secretKey: decodeBase64('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1') as Uint8Array,
};

test('the minimal event of the specification gets its hash and signature', () => {
  const event = {
    room_id: '!x:domain',
    sender: '@a:domain',
    origin: 'domain',
    origin_server_ts: 1000000,
    signatures: {},
    hashes: {},
    type: 'X',
    content: {},
    prev_events: [],
    auth_events: [],
    depth: 3,
    unsigned: { age_ts: 1000000 },
  } as unknown as Pdu;
  assert.deepEqual(hashAndSignEvent(event, rulesOf('1'), specificationKey, primitives), {
    ...event,
    hashes: { sha256: '5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos' },
    signatures: {
      domain: {
        'ed25519:1': 'KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg',
      },
    },
  });
});

test('the event of the specification with redactable content gets its hash and signature', () => {
  const event = {
    content: { body: 'Here is the message content' },
    event_id: '$0:domain',
    origin: 'domain',
    origin_server_ts: 1000000,
    type: 'm.room.message',
    room_id: '!r:domain',
    sender: '@u:domain',
    signatures: {},
    unsigned: { age_ts: 1000000 },
  } as unknown as Pdu;
  assert.deepEqual(hashAndSignEvent(event, rulesOf('1'), specificationKey, primitives), {
    ...event,
    hashes: { sha256: 'onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g' },
    signatures: {
      domain: {
        'ed25519:1': 'Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA',
      },
    },
  });
});

const message: Pdu = {
  type: 'm.room.message',
  room_id: '!r:example.org',
  sender: '@u:example.org',
  content: { body: 'hello', msgtype: 'm.text' },
  origin_server_ts: 1000000,
  depth: 7,
  prev_events: [],
  auth_events: [],
};
const key = makeTestSigningKey('example.org');

test('a redacted copy keeps its event id and signature and loses only its content hash', () => {
  for (const version of ['3', '4', '11', '12']) {
    const rules = rulesOf(version);
    const signed = hashAndSignEvent(message, rules, key, primitives);
    const redacted = redactEvent(signed, rules);
    assert.equal(eventIdOf(redacted, rules, primitives), eventIdOf(signed, rules, primitives));
    assert.deepEqual(signEvent(redacted, rules, key, primitives).signatures, signed.signatures);
    assert.equal(hasRightContentHash(signed, rules, primitives), true);
    assert.equal(hasRightContentHash(redacted, rules, primitives), false);
  }
});

test('signatures and unsigned change neither the content hash nor the event id', () => {
  const rules = rulesOf('11');
  const signed = hashAndSignEvent(message, rules, key, primitives);
  const other = { ...signed, unsigned: { age: 5 }, signatures: {} };
  assert.equal(contentHash(other, rules, primitives), signed.hashes?.sha256);
  assert.equal(eventIdOf(other, rules, primitives), eventIdOf(signed, rules, primitives));
});

test('a content hash may be padded and is still right', () => {
  const rules = rulesOf('11');
  const signed = hashAndSignEvent(message, rules, key, primitives);
  const padded = { ...signed, hashes: { sha256: `${signed.hashes?.sha256}=` } };
  assert.equal(hasRightContentHash(padded, rules, primitives), true);
  assert.equal(hasRightContentHash({ ...signed, hashes: { sha256: 'no base64' } }, rules, primitives), false);
});

test('version 3 writes the same hash in standard base64 that version 4 writes URL-safe', () => {
  let differed = false;
  for (let depth = 0; depth < 50; depth++) {
    const event = { ...message, depth };
    const standard = eventIdOf(event, rulesOf('3'), primitives) as string;
    const urlSafe = eventIdOf(event, rulesOf('4'), primitives) as string;
    assert.equal(standard.replaceAll('+', '-').replaceAll('/', '_'), urlSafe);
    differed ||= standard !== urlSafe;
  }
  assert.equal(differed, true);
});

test('in versions 1 and 2 the event id is what the sender wrote', () => {
  assert.equal(eventIdOf({ ...message, event_id: '$1:example.org' }, rulesOf('2'), primitives), '$1:example.org');
  assert.equal(eventIdOf(message, rulesOf('1'), primitives), undefined);
});

test('the room id of version 12 is the create event id with another sigil', () => {
  const { room_id: _, ...withoutRoom } = message;
  const create: Pdu = { ...withoutRoom, type: 'm.room.create', state_key: '', content: { room_version: '12' } };
  const eventId = eventIdOf(create, rulesOf('12'), primitives) as string;
  assert.equal(roomIdOf(create, eventId, rulesOf('12')), eventId.replace('$', '!'));
  assert.equal(roomIdOf(message, eventId, rulesOf('12')), '!r:example.org');
  assert.equal(roomIdOf({ ...create, room_id: '!r:example.org' }, eventId, rulesOf('11')), '!r:example.org');
  assert.equal(roomIdOf(create, eventId, rulesOf('11')), undefined);
});

test('a countersignature stands beside the first one', () => {
  const rules = rulesOf('10');
  const countersigned = signEvent(
    hashAndSignEvent(message, rules, key, primitives),
    rules,
    makeTestSigningKey('b.org', 2),
    primitives,
  );
  assert.deepEqual(Object.keys(countersigned.signatures ?? {}).sort(), ['b.org', 'example.org']);
});
