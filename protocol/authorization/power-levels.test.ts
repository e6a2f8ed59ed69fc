import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IdentifiedPdu, JsonObject } from '../events/pdu.ts';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { parsePowerLevels, requiredPowerLevel, userPowerLevel } from './power-levels.ts';

const rulesOf = (version: string) => roomVersionRules(version) as RoomVersionRules;

function stateEvent(type: string, content: JsonObject): IdentifiedPdu {
  const pdu = {
    type,
    sender: '@sender:a.example',
    state_key: '',
    content,
    origin_server_ts: 0,
    depth: 1,
    prev_events: [],
    auth_events: [],
  };
  return { eventId: '$event', roomId: '!room:a.example', pdu };
}

const powerLevelsEvent = (content: JsonObject) => stateEvent('m.room.power_levels', content);

test('without power levels the creator has 100, whom content names until version 10 and the sender is in version 11', () => {
  const create = stateEvent('m.room.create', { creator: '@creator:a.example' });
  const levels = parsePowerLevels(rulesOf('10'), undefined);
  assert.equal(userPowerLevel(rulesOf('10'), levels, create, '@creator:a.example'), 100);
  assert.equal(userPowerLevel(rulesOf('10'), levels, create, '@sender:a.example'), 0);
  const create11 = stateEvent('m.room.create', { creator: '@creator:a.example' });
  assert.equal(userPowerLevel(rulesOf('11'), levels, create11, '@sender:a.example'), 100);
  assert.equal(userPowerLevel(rulesOf('11'), levels, create11, '@creator:a.example'), 0);
});

test('with power levels the creator counts like anybody until version 11', () => {
  const create = stateEvent('m.room.create', {});
  const levels = parsePowerLevels(rulesOf('11'), powerLevelsEvent({ users_default: 5 }));
  assert.equal(userPowerLevel(rulesOf('11'), levels, create, '@sender:a.example'), 5);
});

test('every creator of version 12 stands above all levels, with power levels and without', () => {
  const create = stateEvent('m.room.create', { additional_creators: ['@second:a.example'] });
  for (const event of [undefined, powerLevelsEvent({ users: { '@third:a.example': 100 } })]) {
    const levels = parsePowerLevels(rulesOf('12'), event);
    assert.equal(userPowerLevel(rulesOf('12'), levels, create, '@sender:a.example'), Infinity);
    assert.equal(userPowerLevel(rulesOf('12'), levels, create, '@second:a.example'), Infinity);
    assert.equal(userPowerLevel(rulesOf('12'), levels, create, '@third:a.example'), event === undefined ? 0 : 100);
  }
});

test('levels that are absent have their defaults', () => {
  for (const event of [undefined, powerLevelsEvent({})]) {
    const { ban, kick, redact, invite, usersDefault } = parsePowerLevels(rulesOf('12'), event);
    assert.deepEqual(
      { ban, kick, redact, invite, usersDefault },
      { ban: 50, kick: 50, redact: 50, invite: 0, usersDefault: 0 },
    );
    assert.equal(requiredPowerLevel(parsePowerLevels(rulesOf('12'), event), 'm.room.topic', true), 50);
    assert.equal(requiredPowerLevel(parsePowerLevels(rulesOf('12'), event), 'm.room.message', false), 0);
  }
});

test('an event type has its own level before the default of its kind', () => {
  const event = powerLevelsEvent({ events: { 'm.room.topic': 7 }, state_default: 20, events_default: 3 });
  const levels = parsePowerLevels(rulesOf('12'), event);
  assert.equal(requiredPowerLevel(levels, 'm.room.topic', true), 7);
  assert.equal(requiredPowerLevel(levels, 'm.room.name', true), 20);
  assert.equal(requiredPowerLevel(levels, 'm.room.message', false), 3);
  assert.equal(requiredPowerLevel(levels, 'constructor', false), 3);
});

test('a power levels event is parsed once', () => {
  const event = powerLevelsEvent({ users: { '@a:a.example': 1 } });
  assert.equal(parsePowerLevels(rulesOf('12'), event), parsePowerLevels(rulesOf('12'), event));
  assert.notEqual(parsePowerLevels(rulesOf('12'), event), parsePowerLevels(rulesOf('12'), powerLevelsEvent({})));
});

const texts: [string, number | undefined][] = [
  ['50', 50],
  ['+50', 50],
  [' -0050 ', -50],
  ['\u00a07\n', 7],
  ['', undefined],
  ['5 0', undefined],
  ['0x10', undefined],
  ['1e2', undefined],
  ['5.0', undefined],
  ['9007199254740993', undefined],
];

for (const [text, level] of texts) {
  test(`the text ${JSON.stringify(text)} is ${level ?? 'no level'} until version 9`, () => {
    const event = powerLevelsEvent({ users: { '@a:a.example': text } });
    assert.equal(parsePowerLevels(rulesOf('9'), event).users.get('@a:a.example'), level);
    assert.equal(parsePowerLevels(rulesOf('10'), event).users.get('@a:a.example'), undefined);
  });
}
