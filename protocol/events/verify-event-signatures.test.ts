import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { makeTestSigningKey, nodeCryptoPrimitives as primitives } from '../testing/node-crypto-primitives.ts';
import type { JsonObject, Pdu } from './pdu.ts';
import { redactEvent } from './redact-event.ts';
import { hashAndSignEvent, signEvent } from './sign-event.ts';
import {
  type FindVerifyKey,
  mayHaveSigned,
  requiredSignatures,
  verifyEventSignatures,
} from './verify-event-signatures.ts';

const rulesOf = (version: string) => roomVersionRules(version) as RoomVersionRules;
const home = makeTestSigningKey('home.org', 1);
const other = makeTestSigningKey('other.org', 2);
const keys = [home, other];

const findKey: FindVerifyKey = (serverName, keyId) => {
  const key = keys.find((each) => each.name === serverName && each.keyId === keyId);
  return key && { publicKey: key.publicKey, validUntilTs: 2_000_000 };
};

function makeEvent(changes: Partial<Pdu> = {}): Pdu {
  return {
    type: 'm.room.message',
    room_id: '!r:home.org',
    sender: '@a:home.org',
    content: { body: 'hello' },
    origin_server_ts: 1_000_000,
    depth: 1,
    prev_events: [],
    auth_events: [],
    ...changes,
  };
}

function makeMember(content: JsonObject): Pdu {
  return makeEvent({ type: 'm.room.member', state_key: '@b:other.org', content });
}

function requiredOf(event: Pdu, version: string): string[] {
  return requiredSignatures(event, rulesOf(version)).map(({ serverName, as }) => `${serverName} as ${as}`);
}

test("the sender's server must have signed", () => {
  for (const version of ['1', '3', '12']) assert.deepEqual(requiredOf(makeEvent(), version), ['home.org as sender']);
});

test("in versions 1 and 2 the event id's server must have signed too", () => {
  const event = makeEvent({ event_id: '$1:other.org' });
  assert.deepEqual(requiredOf(event, '2'), ['home.org as sender', 'other.org as event-id']);
  assert.deepEqual(requiredOf(event, '3'), ['home.org as sender']);
  assert.deepEqual(requiredOf(makeEvent({ event_id: '$1:home.org' }), '1'), ['home.org as sender']);
});

test('from version 8 on the server of the user who authorised a restricted join must have signed too', () => {
  const join = makeMember({ membership: 'join', join_authorised_via_users_server: '@mod:other.org' });
  assert.deepEqual(requiredOf(join, '8'), ['home.org as sender', 'other.org as authorising-user']);
  assert.deepEqual(requiredOf(join, '7'), ['home.org as sender']);
});

test('an invite from a third-party invite may come from any server', () => {
  const invite = makeMember({ membership: 'invite', third_party_invite: { signed: {} } });
  assert.deepEqual(requiredOf(invite, '11'), []);
  assert.deepEqual(requiredOf({ ...invite, event_id: '$1:other.org' }, '1'), ['other.org as event-id']);
  const join = makeMember({ membership: 'join', third_party_invite: { signed: {} } });
  assert.deepEqual(requiredOf(join, '11'), ['home.org as sender']);
  assert.deepEqual(requiredOf(makeMember({ membership: 'invite', third_party_invite: 'x' }), '11'), [
    'home.org as sender',
  ]);
});

test('a signed event passes, whole and redacted', () => {
  for (const version of ['1', '5', '6', '11', '12']) {
    const rules = rulesOf(version);
    const signed = hashAndSignEvent(makeEvent(), rules, home, primitives);
    assert.equal(verifyEventSignatures(signed, rules, findKey, primitives), undefined);
    assert.equal(verifyEventSignatures(redactEvent(signed, rules), rules, findKey, primitives), undefined);
  }
});

test('an event that was changed in what redaction keeps does not pass', () => {
  const rules = rulesOf('11');
  const signed = hashAndSignEvent(makeEvent(), rules, home, primitives);
  for (const changes of [{ depth: 2 }, { sender: '@b:home.org' }, { state_key: '' }, { hashes: { sha256: 'x' } }]) {
    const problem = verifyEventSignatures({ ...signed, ...changes }, rules, findKey, primitives);
    assert.equal(problem?.kind, 'wrong-signature');
  }
  const withOtherBody = { ...signed, content: { body: 'changed' } };
  assert.equal(verifyEventSignatures(withOtherBody, rules, findKey, primitives), undefined);
});

test('the problem tells which server failed as what', () => {
  const rules = rulesOf('10');
  const join = makeMember({ membership: 'join', join_authorised_via_users_server: '@mod:other.org' });
  const signed = hashAndSignEvent(join, rules, home, primitives);
  const problem = verifyEventSignatures(signed, rules, findKey, primitives);
  assert.deepEqual([problem?.kind, problem?.name, problem?.as], ['unsigned', 'other.org', 'authorising-user']);
  const countersigned = signEvent(signed, rules, other, primitives);
  assert.equal(verifyEventSignatures(countersigned, rules, findKey, primitives), undefined);
});

test('an event of before a key ran out passes and one of after it does not, from version 5 on', () => {
  const late = hashAndSignEvent(makeEvent({ origin_server_ts: 2_000_001 }), rulesOf('5'), home, primitives);
  assert.equal(verifyEventSignatures(late, rulesOf('5'), findKey, primitives)?.kind, 'unknown-key');
  assert.equal(verifyEventSignatures(late, rulesOf('4'), findKey, primitives), undefined);
  const onTime = hashAndSignEvent(makeEvent({ origin_server_ts: 2_000_000 }), rulesOf('5'), home, primitives);
  assert.equal(verifyEventSignatures(onTime, rulesOf('5'), findKey, primitives), undefined);
});

test('an old key counts for events of its time in every version', () => {
  const { publicKey } = home;
  for (const version of ['1', '5', '12']) {
    assert.equal(mayHaveSigned({ publicKey, expiredTs: 10 }, 10, rulesOf(version)), true);
    assert.equal(mayHaveSigned({ publicKey, expiredTs: 10 }, 11, rulesOf(version)), false);
  }
  assert.equal(mayHaveSigned({ publicKey }, 11, rulesOf('4')), true);
  assert.equal(mayHaveSigned({ publicKey }, 11, rulesOf('5')), false);
});
