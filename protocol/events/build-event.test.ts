import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCanonicalJson } from '../json/canonical-json.ts';
import { type RoomVersionRules, roomVersionRules, supportedRoomVersions } from '../room-versions/room-version.ts';
import { makeTestSigningKey, nodeCryptoPrimitives } from '../testing/node-crypto-primitives.ts';
import { buildEvent, type EventDraft } from './build-event.ts';
import { hasRightContentHash } from './content-hash.ts';
import { encodePdu } from './encode-pdu.ts';
import type { EventReference, JsonObject, JsonValue, Pdu } from './pdu.ts';
import { eventIdOf, roomIdOf } from './reference-hash.ts';
import { hashAndSignEvent } from './sign-event.ts';
import { verifyEventSignatures } from './verify-event-signatures.ts';

const key = makeTestSigningKey('x.org');
const findKey = () => ({ publicKey: key.publicKey, validUntilTs: Number.MAX_SAFE_INTEGER });

/** The same event by the straightforward way: an object, hashed, redacted and signed step by step. */
function buildSlowly(draft: EventDraft, rules: RoomVersionRules): Pdu {
  const event = {
    type: draft.type,
    sender: draft.sender,
    content: draft.content,
    origin_server_ts: draft.originServerTs,
    depth: draft.depth,
    prev_events: [...draft.prevEvents],
    auth_events: [...draft.authEvents],
  } as Pdu;
  if (draft.stateKey !== undefined) event.state_key = draft.stateKey;
  if (draft.roomId !== undefined) event.room_id = draft.roomId;
  if (draft.redacts !== undefined && !rules.redactsInContent) event.redacts = draft.redacts;
  if (draft.eventId !== undefined && rules.eventIds === 'server') event.event_id = draft.eventId;
  return hashAndSignEvent(event, rules, key, nodeCryptoPrimitives);
}

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string());
const types = [
  'm.room.message',
  'm.room.member',
  'm.room.create',
  'm.room.join_rules',
  'm.room.power_levels',
  'm.room.aliases',
  'm.room.history_visibility',
  'm.room.redaction',
];
const contentKeys = [
  'membership',
  'join_authorised_via_users_server',
  'third_party_invite',
  'creator',
  'room_version',
  'join_rule',
  'allow',
  'ban',
  'invite',
  'users',
  'aliases',
  'history_visibility',
  'redacts',
  'signed',
  'body',
];
const { json } = fc.letrec<{ json: JsonValue; object: JsonObject }>((tie) => ({
  json: fc.oneof({ maxDepth: 3 }, text, fc.boolean(), fc.maxSafeInteger(), fc.constant(null), tie('object')),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...contentKeys), text), tie('json'), {
    noNullPrototype: true,
  }),
}));
const content = fc.dictionary(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...contentKeys) }, text), json, {
  noNullPrototype: true,
});
const reference: fc.Arbitrary<EventReference> = fc.oneof(
  text,
  text.map((id): EventReference => [id, { sha256: 'h' }]),
);

function draftOf(rules: RoomVersionRules): fc.Arbitrary<EventDraft> {
  const drafts = fc.record({
    type: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...types) }, text),
    sender: text,
    stateKey: fc.option(text, { nil: undefined }),
    roomId: text,
    content,
    originServerTs: fc.maxSafeInteger(),
    depth: fc.maxSafeNat(),
    prevEvents: fc.array(reference, { maxLength: 4 }),
    authEvents: fc.array(reference, { maxLength: 4 }),
    redacts: fc.option(text, { nil: undefined }),
    eventId: text,
  });
  const impliesRoomId = (draft: EventDraft) =>
    rules.roomIdIsCreateHash && draft.type === 'm.room.create' && draft.stateKey === '';
  return drafts.map((draft): EventDraft => (impliesRoomId(draft) ? omitRoomId(draft) : draft));
}

function omitRoomId({ roomId: _, ...draft }: EventDraft): EventDraft {
  return draft;
}

for (const version of supportedRoomVersions()) {
  test(`the fast path makes exactly the events of the slow path in room version ${version}`, () => {
    const rules = roomVersionRules(version) as RoomVersionRules;
    fc.assert(
      fc.property(draftOf(rules), (draft) => {
        const built = buildEvent(draft, rules, key, nodeCryptoPrimitives);
        const expected = buildSlowly(draft, rules);
        assert.ok(built);
        assert.deepEqual(built.pdu, expected);
        assert.equal(built.pduJson, encodePdu(expected, rules));
        assert.equal(built.contentJson, encodeCanonicalJson(draft.content));
        assert.equal(built.eventId, eventIdOf(expected, rules, nodeCryptoPrimitives));
        assert.equal(built.roomId, roomIdOf(expected, built.eventId, rules));
      }),
      { numRuns: 60 },
    );
  });
}

const message: EventDraft = {
  type: 'm.room.message',
  sender: '@a:x.org',
  roomId: '!r:x.org',
  content: { msgtype: 'm.text', body: 'hello' },
  originServerTs: 1_700_000_000_000,
  depth: 9,
  prevEvents: ['$p'],
  authEvents: ['$q', '$r'],
};

test('a built event passes the checks that other servers make', () => {
  for (const version of supportedRoomVersions()) {
    const rules = roomVersionRules(version) as RoomVersionRules;
    const built = buildEvent({ ...message, eventId: '$1:x.org' }, rules, key, nodeCryptoPrimitives);
    assert.ok(built);
    const received = JSON.parse(built.pduJson) as Pdu;
    assert.equal(verifyEventSignatures(received, rules, findKey, nodeCryptoPrimitives), undefined);
    assert.equal(hasRightContentHash(received, rules, nodeCryptoPrimitives), true);
  }
});

test('a message costs one signature and two hashes', () => {
  const calls: string[] = [];
  const counting = {
    ...nodeCryptoPrimitives,
    sha256: (bytes: Uint8Array) => (calls.push('sha256'), nodeCryptoPrimitives.sha256(bytes)),
    sign: (bytes: Uint8Array, secretKey: Uint8Array) => (
      calls.push('sign'), nodeCryptoPrimitives.sign(bytes, secretKey)
    ),
  };
  buildEvent(message, roomVersionRules('12') as RoomVersionRules, key, counting);
  assert.deepEqual(calls.sort(), ['sha256', 'sha256', 'sign']);
});

test('the create event of version 12 has no room id and gives the room its own', () => {
  const rules = roomVersionRules('12') as RoomVersionRules;
  const draft = { ...message, type: 'm.room.create', stateKey: '', content: { room_version: '12' } };
  const built = buildEvent(draft, rules, key, nodeCryptoPrimitives);
  assert.equal(Object.hasOwn(built?.pdu ?? {}, 'room_id'), false);
  assert.equal(built?.roomId, built?.eventId.replace('$', '!'));
});

test('nothing is made where an id is missing that only the caller can choose', () => {
  const build = (draft: EventDraft, version: string) =>
    buildEvent(draft, roomVersionRules(version) as RoomVersionRules, key, nodeCryptoPrimitives);
  assert.equal(build(message, '2'), undefined);
  assert.equal(build({ ...message, roomId: undefined }, '12'), undefined);
  assert.equal(build({ ...message, type: 'm.room.create', stateKey: '', roomId: undefined }, '11'), undefined);
});
