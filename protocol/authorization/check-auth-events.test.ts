import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IdentifiedPdu, Pdu } from '../events/pdu.ts';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { checkAuthEvents, type ReceivedEvent } from './check-auth-events.ts';
import { selectAuthEvents } from './select-auth-events.ts';

const version11 = roomVersionRules('11') as RoomVersionRules;
const version12 = roomVersionRules('12') as RoomVersionRules;

function received(eventId: string, fields: Partial<Pdu>, roomId = '!create', rejected = false): ReceivedEvent {
  const pdu: Pdu = {
    type: 'm.room.member',
    sender: '@alice:a.example',
    content: {},
    origin_server_ts: 0,
    depth: 1,
    prev_events: [],
    auth_events: [],
    ...fields,
  };
  return { event: { eventId, roomId, pdu }, rejected };
}

const known: readonly ReceivedEvent[] = [
  received('$create', { type: 'm.room.create', state_key: '' }),
  received('$levels', { type: 'm.room.power_levels', state_key: '' }),
  received('$old-levels', { type: 'm.room.power_levels', state_key: '' }),
  received('$elsewhere-levels', { type: 'm.room.power_levels', state_key: '' }, '!elsewhere'),
  received('$rejected-levels', { type: 'm.room.power_levels', state_key: '' }, '!create', true),
  received('$alice', { state_key: '@alice:a.example' }),
  received('$bob', { state_key: '@bob:b.example' }),
  received('$topic', { type: 'm.room.topic', state_key: '' }),
  received('$message', { type: 'm.room.message' }),
  received('$forged-create', { type: 'm.room.create', state_key: '' }, '!create', true),
];

function reasonFor(rules: RoomVersionRules, authEvents: string[], fields: Partial<Pdu> = {}, roomId = '!create') {
  const { event } = received('$event', { type: 'm.room.message', auth_events: authEvents, ...fields }, roomId);
  const verdict = checkAuthEvents(rules, event, (eventId) => known.find((entry) => entry.event.eventId === eventId));
  return verdict.allowed ? undefined : verdict.reason;
}

test('auth events that were selected are allowed, with the create event until version 11 and without it later', () => {
  assert.equal(reasonFor(version11, ['$create', '$levels', '$alice']), undefined);
  assert.equal(reasonFor(version12, ['$levels', '$alice']), undefined);
});

test('the create event must be named until version 11 and must not be from version 12 on', () => {
  assert.match(reasonFor(version11, ['$levels', '$alice']) ?? '', /create event is not among/);
  assert.match(reasonFor(version12, ['$create', '$levels', '$alice']) ?? '', /not selected/);
});

test('two auth events of one type and state key are rejected', () => {
  assert.match(reasonFor(version11, ['$create', '$levels', '$old-levels']) ?? '', /comes twice/);
  assert.match(reasonFor(version11, ['$create', '$levels', '$levels']) ?? '', /comes twice/);
});

test('auth events that nothing calls for are rejected', () => {
  for (const extra of ['$topic', '$bob', '$message']) {
    assert.match(reasonFor(version11, ['$create', extra]) ?? '', /not selected/);
  }
});

test('an auth event that was rejected, is of another room or is unknown is refused', () => {
  assert.match(reasonFor(version11, ['$create', '$rejected-levels']) ?? '', /was rejected/);
  assert.match(reasonFor(version11, ['$create', '$elsewhere-levels']) ?? '', /another room/);
  assert.match(reasonFor(version11, ['$create', '$nowhere']) ?? '', /unknown/);
});

test('from version 12 on the room id must name an accepted create event', () => {
  assert.match(reasonFor(version12, [], {}, '!nowhere') ?? '', /names no accepted create event/);
  assert.match(reasonFor(version12, [], {}, '!forged-create') ?? '', /names no accepted create event/);
  assert.match(reasonFor(version12, [], {}, '!topic') ?? '', /names no accepted create event/);
});

test('a create event has no auth events', () => {
  assert.equal(reasonFor(version12, [], { type: 'm.room.create', state_key: '' }, '!event'), undefined);
  assert.match(reasonFor(version11, ['$alice'], { type: 'm.room.create', state_key: '' }) ?? '', /not selected/);
});

const base = { sender: '@alice:a.example', type: 'm.room.member', state_key: '@bob:b.example' };
const selections: [string, RoomVersionRules, Partial<Pdu>, string[]][] = [
  ['a message', version12, { type: 'm.room.message' }, []],
  ['a ban', version12, { ...base, content: { membership: 'ban' } }, ['m.room.member @bob:b.example']],
  [
    'an invite',
    version12,
    { ...base, content: { membership: 'invite' } },
    ['m.room.member @bob:b.example', 'm.room.join_rules '],
  ],
  [
    'a third-party invite that is redeemed',
    version12,
    { ...base, content: { membership: 'invite', third_party_invite: { signed: { token: 'abc' } } } },
    ['m.room.member @bob:b.example', 'm.room.join_rules ', 'm.room.third_party_invite abc'],
  ],
  [
    'a join of oneself',
    version12,
    { ...base, state_key: '@alice:a.example', content: { membership: 'join' } },
    ['m.room.join_rules '],
  ],
  [
    'a restricted join',
    version12,
    {
      ...base,
      state_key: '@alice:a.example',
      content: { membership: 'join', join_authorised_via_users_server: '@carol:c.example' },
    },
    ['m.room.join_rules ', 'm.room.member @carol:c.example'],
  ],
  [
    'a restricted join before there are any',
    roomVersionRules('7') as RoomVersionRules,
    {
      ...base,
      state_key: '@alice:a.example',
      content: { membership: 'join', join_authorised_via_users_server: '@carol:c.example' },
    },
    ['m.room.join_rules '],
  ],
];

for (const [name, rules, fields, further] of selections) {
  test(`the auth events of ${name} are the sender's rights and what its rule looks at`, () => {
    const event: IdentifiedPdu = received('$event', fields).event;
    const selected = selectAuthEvents(rules, event.pdu).map(([type, stateKey]) => `${type} ${stateKey}`);
    const always = ['m.room.power_levels ', 'm.room.member @alice:a.example'];
    assert.deepEqual(selected, [...(rules.roomIdIsCreateHash ? [] : ['m.room.create ']), ...always, ...further]);
    assert.equal(new Set(selected).size, selected.length);
  });
}
