import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RoomVersionRules, roomVersionRules, supportedRoomVersions } from '../room-versions/room-version.ts';
import { checkEventFormat } from './check-event-format.ts';
import type { JsonObject, JsonValue } from './pdu.ts';

const rulesOf = (version: string) => roomVersionRules(version) as RoomVersionRules;
const urlSafeHash = 'Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg';
const standardHash = 'acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJk';

function referencesOf(version: string, count: number): JsonValue[] {
  const reference = Number(version) >= 4 ? `$${urlSafeHash}` : `$${standardHash}`;
  const withHashes = ['$1:x.org', { sha256: standardHash }];
  return Array.from({ length: count }, () => (Number(version) <= 2 ? withHashes : reference));
}

function makeEvent(version: string, changes: JsonObject = {}): JsonObject {
  const event: JsonObject = {
    type: 'm.room.message',
    room_id: version === '12' ? `!${urlSafeHash}` : '!r:x.org',
    sender: '@a:x.org',
    content: { body: 'hello' },
    origin_server_ts: 1_700_000_000_000,
    depth: 5,
    prev_events: referencesOf(version, 20),
    auth_events: referencesOf(version, 10),
    hashes: { sha256: standardHash },
    signatures: { 'x.org': { 'ed25519:1': 'x' } },
  };
  if (Number(version) <= 2) event['event_id'] = '$1:x.org';
  return { ...event, ...changes };
}

function fieldOf(version: string, changes: JsonObject): string | undefined {
  return checkEventFormat(makeEvent(version, changes), rulesOf(version)).problem?.field;
}

test('a sound event of every room version passes', () => {
  for (const version of supportedRoomVersions()) {
    assert.deepEqual(checkEventFormat(makeEvent(version), rulesOf(version)), { event: makeEvent(version) }, version);
    assert.equal(fieldOf(version, { state_key: '', unsigned: { age: 1 }, 'org.example.extra': [1] }), undefined);
  }
});

test('every required field is missed', () => {
  const required = ['type', 'room_id', 'sender', 'content', 'origin_server_ts', 'depth', 'prev_events', 'auth_events'];
  for (const version of supportedRoomVersions()) {
    for (const field of [...required, 'hashes', 'signatures']) {
      assert.equal(fieldOf(version, { [field]: undefined }), field, version);
    }
  }
  for (const version of ['1', '2']) assert.equal(fieldOf(version, { event_id: undefined }), 'event_id');
});

const wrongValues: Record<string, JsonValue[]> = {
  type: [1, null, 'a\u0000'],
  state_key: [1, null, '\ud800'],
  sender: [1, '', 'a:x.org', '@a', '@a:x y', `@${'a'.repeat(250)}:x.org`],
  room_id: [1, '', 'r:x.org', '!r', '!r:x y'],
  content: [null, [], 'x'],
  origin_server_ts: [null, '1', 1.5],
  depth: [null, '1', 1.5, -1, 1e300],
  prev_events: [null, {}, 'x', [1], ['$a'], [['$a']], [null]],
  auth_events: [null, {}, 'x', [1], ['$a'], [[]], [null]],
  hashes: [null, [], {}, { sha256: 1 }],
  signatures: [null, [], { x: 'y' }, { x: { y: 1 } }, { x: [] }],
  unsigned: [null, [], 'x'],
};

for (const [field, values] of Object.entries(wrongValues)) {
  test(`a wrong ${field} is refused in every room version`, () => {
    for (const version of supportedRoomVersions()) {
      for (const value of values) {
        assert.equal(fieldOf(version, { [field]: value }), field, `version ${version}: ${JSON.stringify(value)}`);
      }
    }
  });
}

test('an event refers to at most 20 previous and 10 authorising events', () => {
  for (const version of supportedRoomVersions()) {
    assert.equal(fieldOf(version, { prev_events: referencesOf(version, 21) }), 'prev_events');
    assert.equal(fieldOf(version, { auth_events: referencesOf(version, 11) }), 'auth_events');
    assert.equal(fieldOf(version, { prev_events: [], auth_events: [] }), undefined);
  }
});

test('event ids are those of the room version', () => {
  for (const version of supportedRoomVersions()) {
    for (const foreign of ['1', '3', '4'].filter((each) => idFormatOf(each) !== idFormatOf(version))) {
      assert.equal(
        fieldOf(version, { prev_events: referencesOf(foreign, 1) }),
        'prev_events',
        `${foreign} in ${version}`,
      );
    }
  }
});

function idFormatOf(version: string): string {
  return rulesOf(version).eventIds;
}

test('depth ends at 2^53-1 from version 6 on and at 2^63-1 before', () => {
  assert.equal(fieldOf('6', { depth: 2 ** 53 - 1 }), undefined);
  assert.equal(fieldOf('6', { depth: 2 ** 53 }), 'depth');
  assert.equal(fieldOf('5', { depth: JSON.parse('9223372036854775807') }), undefined);
  assert.equal(fieldOf('5', { depth: 2 ** 64 }), 'depth');
});

test('fractions and large numbers in the content are refused from version 6 on', () => {
  assert.equal(fieldOf('5', { content: { a: 1.5, b: 2 ** 60 } }), undefined);
  assert.equal(fieldOf('6', { content: { a: 1.5 } }), 'content.a');
  assert.equal(fieldOf('12', { content: { a: [2 ** 53] } }), 'content.a[0]');
});

test('only the create event of version 12 has no room id, and every other room id is a hash there', () => {
  const create = { type: 'm.room.create', state_key: '', room_id: undefined };
  assert.equal(fieldOf('12', create), undefined);
  assert.equal(fieldOf('11', create), 'room_id');
  assert.equal(fieldOf('12', { ...create, state_key: 'x' }), 'room_id');
  assert.equal(fieldOf('12', { ...create, state_key: undefined }), 'room_id');
  assert.equal(fieldOf('12', { room_id: '!r:x.org' }), 'room_id');
  assert.equal(fieldOf('11', { room_id: `!${urlSafeHash}` }), 'room_id');
});

test('what a redaction redacts is a text until version 10', () => {
  const redaction = { type: 'm.room.redaction', redacts: 1 };
  assert.equal(fieldOf('10', redaction), 'redacts');
  assert.equal(fieldOf('10', { ...redaction, redacts: `$${urlSafeHash}` }), undefined);
  assert.equal(fieldOf('10', { redacts: 1 }), undefined);
  assert.equal(fieldOf('11', redaction), undefined);
});

test('fields that an object only inherits do not count', () => {
  const inherited = Object.create(makeEvent('11')) as JsonObject;
  assert.equal(checkEventFormat(inherited, rulesOf('11')).problem?.field, 'type');
});

test('any JSON object in any field gives an event or a problem, never an exception', () => {
  const version = fc.constantFrom(...supportedRoomVersions());
  const field = fc.constantFrom(...Object.keys(wrongValues), 'event_id', 'redacts');
  fc.assert(
    fc.property(version, field, fc.jsonValue({ stringUnit: 'binary' }), (id, name, value) => {
      const checked = checkEventFormat(makeEvent(id, { [name]: value }), rulesOf(id));
      assert.notEqual(checked.event === undefined, checked.problem === undefined);
    }),
  );
});
