import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoomVersionRules, roomVersionRules, supportedRoomVersions } from '../room-versions/room-version.ts';
import type { JsonObject } from './pdu.ts';
import { redactContent, redactEvent } from './redact-event.ts';

interface Story {
  readonly story: string;
  readonly type: string;
  readonly content: JsonObject;
  /** What stays, by the first room version in which it does. */
  readonly kept: Readonly<Record<number, JsonObject>>;
}

const signed = { mxid: '@b:x', token: 't', signatures: {} };

const stories: readonly Story[] = [
  {
    story: 'a message loses its whole content',
    type: 'm.room.message',
    content: { body: 'rude', msgtype: 'm.text', membership: 'join', creator: '@a:x' },
    kept: { 1: {} },
  },
  {
    story: 'a join keeps its membership, and from version 9 on who authorised it',
    type: 'm.room.member',
    content: { membership: 'join', displayname: 'rude', join_authorised_via_users_server: '@c:x' },
    kept: { 1: { membership: 'join' }, 9: { membership: 'join', join_authorised_via_users_server: '@c:x' } },
  },
  {
    story: 'a third-party invite keeps what was signed from version 11 on',
    type: 'm.room.member',
    content: { membership: 'invite', third_party_invite: { display_name: 'b...@x', signed } },
    kept: { 1: { membership: 'invite' }, 11: { membership: 'invite', third_party_invite: { signed } } },
  },
  {
    story: 'a third-party invite without a signed part keeps an empty object from version 11 on',
    type: 'm.room.member',
    content: { membership: 'invite', third_party_invite: { display_name: 'b...@x' } },
    kept: { 1: { membership: 'invite' }, 11: { membership: 'invite', third_party_invite: {} } },
  },
  {
    story: 'a third-party invite that is no object goes',
    type: 'm.room.member',
    content: { membership: 'invite', third_party_invite: ['x'] },
    kept: { 1: { membership: 'invite' } },
  },
  {
    story: 'a create event keeps its creator, and from version 11 on everything',
    type: 'm.room.create',
    content: { creator: '@a:x', room_version: '9', 'm.federate': false, predecessor: {} },
    kept: {
      1: { creator: '@a:x' },
      11: { creator: '@a:x', room_version: '9', 'm.federate': false, predecessor: {} },
    },
  },
  {
    story: 'join rules keep the rule, and from version 8 on whom they allow',
    type: 'm.room.join_rules',
    content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership' }], note: 'x' },
    kept: { 1: { join_rule: 'restricted' }, 8: { join_rule: 'restricted', allow: [{ type: 'm.room_membership' }] } },
  },
  {
    story: 'power levels keep their levels, and from version 11 on the one for invites',
    type: 'm.room.power_levels',
    content: {
      ban: 1,
      events: { 'm.room.name': 2 },
      events_default: 3,
      invite: 4,
      kick: 5,
      notifications: { room: 6 },
      redact: 7,
      state_default: 8,
      users: { '@a:x': 9 },
      users_default: 10,
      'org.example.extra': 11,
    },
    kept: {
      1: {
        ban: 1,
        events: { 'm.room.name': 2 },
        events_default: 3,
        kick: 5,
        redact: 7,
        state_default: 8,
        users: { '@a:x': 9 },
        users_default: 10,
      },
      11: {
        ban: 1,
        events: { 'm.room.name': 2 },
        events_default: 3,
        invite: 4,
        kick: 5,
        redact: 7,
        state_default: 8,
        users: { '@a:x': 9 },
        users_default: 10,
      },
    },
  },
  {
    story: 'aliases are kept until version 5',
    type: 'm.room.aliases',
    content: { aliases: ['#a:x'], note: 'x' },
    kept: { 1: { aliases: ['#a:x'] }, 6: {} },
  },
  {
    story: 'history visibility stays',
    type: 'm.room.history_visibility',
    content: { history_visibility: 'joined', note: 'x' },
    kept: { 1: { history_visibility: 'joined' } },
  },
  {
    story: 'a redaction keeps what it redacts from version 11 on',
    type: 'm.room.redaction',
    content: { redacts: '$a', reason: 'rude' },
    kept: { 1: {}, 11: { redacts: '$a' } },
  },
];

for (const { story, type, content, kept } of stories) {
  test(story, () => {
    for (const version of supportedRoomVersions()) {
      const since = Object.keys(kept)
        .map(Number)
        .filter((first) => first <= Number(version));
      const redacted = redactContent(type, content, roomVersionRules(version) as RoomVersionRules);
      assert.deepEqual(redacted, kept[Math.max(...since)], `version ${version}`);
    }
  });
}

const everyMember = {
  event_id: '$a:x',
  type: 'm.room.topic',
  room_id: '!r:x',
  sender: '@a:x',
  state_key: '',
  content: { topic: 'rude' },
  hashes: { sha256: 'h' },
  signatures: { x: { 'ed25519:1': 's' } },
  depth: 5,
  prev_events: [],
  prev_state: [],
  auth_events: [],
  origin: 'x',
  origin_server_ts: 1,
  membership: 'join',
  redacts: '$b:x',
  unsigned: { age: 1 },
  'org.example.extra': 1,
};

test('members outside of the content that no rule names go, and version 11 drops three more', () => {
  for (const version of supportedRoomVersions()) {
    const redacted = redactEvent(everyMember, roomVersionRules(version) as RoomVersionRules);
    const { redacts: _1, unsigned: _2, 'org.example.extra': _3, ...kept } = { ...everyMember, content: {} };
    const { prev_state: _4, origin: _5, membership: _6, ...keptSinceVersion11 } = kept;
    assert.deepEqual(redacted, Number(version) >= 11 ? keptSinceVersion11 : kept, `version ${version}`);
  }
});

test('redacting twice changes nothing more, and the event itself is left alone', () => {
  const before = structuredClone(everyMember);
  for (const version of supportedRoomVersions()) {
    const rules = roomVersionRules(version) as RoomVersionRules;
    const once = redactEvent(everyMember, rules);
    assert.deepEqual(redactEvent(once, rules), once);
  }
  assert.deepEqual(everyMember, before);
});

test('members that an object only inherits are not kept', () => {
  const content = JSON.parse('{"__proto__":{"membership":"join"}}') as JsonObject;
  assert.deepEqual(redactContent('m.room.member', content, roomVersionRules('12') as RoomVersionRules), {});
});

test('a create event of version 11 gives its very content back, so that its encoding serves twice', () => {
  const content = { room_version: '11' };
  assert.equal(redactContent('m.room.create', content, roomVersionRules('11') as RoomVersionRules), content);
});
