import type { JsonObject, JsonValue } from '../../events/pdu.ts';
import { create, joins, openRoom, powerLevels, type StoryEvent, sends } from '../../state-resolution/stories/story.ts';
import { type AuthorizationCase, allows, allowsOnly, rejects, versionsFrom } from './authorization-case.ts';

const users = { alice: 100, bob: 50, carol: 50, dave: 10 };
const room = openRoom({ bob: 50, carol: 50, dave: 10 }, 'bob', 'carol', 'dave');

function changes(sender: string, changedUsers: Record<string, JsonValue>, content: JsonObject = {}): StoryEvent {
  return powerLevels('new levels', sender, { ...users, ...changedUsers }, { content });
}

/** New power levels in a room whose power levels hold more than users. */
function roomWithLevels(content: JsonObject): StoryEvent[] {
  return [...room, powerLevels('fuller levels', 'alice', users, { content })];
}

const userCases: readonly AuthorizationCase[] = [
  allows('a moderator raises somebody to their own level', [...room, changes('bob', { erin: 50 })]),
  rejects('a moderator raises somebody above their own level', [...room, changes('bob', { erin: 51 })]),
  rejects('a moderator raises themselves', [...room, changes('bob', { bob: 51 })]),
  allows('a moderator lowers themselves', [...room, changes('bob', { bob: 0 })]),
  allows('a moderator lowers somebody below', [...room, changes('bob', { dave: 0 })]),
  rejects('a moderator lowers one of the same level', [...room, changes('bob', { carol: 49 })]),
  rejects('a moderator takes one of the same level off the list', [
    ...room,
    powerLevels('new levels', 'bob', { alice: 100, bob: 50, dave: 10 }),
  ]),
  allows('a moderator takes somebody below off the list', [
    ...room,
    powerLevels('new levels', 'bob', { alice: 100, bob: 50, carol: 50 }),
  ]),
  rejects('a member below state_default changes the levels', [...room, changes('dave', { dave: 0 })]),
  rejects('a user who is no user id', [...room, changes('alice', { '@nobody': 10 })]),
  rejects('users that are a list', [...room, sends('alice', 'm.room.power_levels', { users: [] }, { stateKey: '' })]),
  allowsOnly(
    'the creator among the users',
    [create('alice'), joins('alice'), powerLevels('first levels', 'alice', { '@alice:alice.example': 100 })],
    versionsFrom('1', '11'),
  ),
  rejects(
    'an additional creator among the users',
    [
      create('alice', { additional_creators: ['@bob:bob.example'] }),
      joins('alice'),
      powerLevels('first levels', 'alice', { bob: 50 }),
    ],
    ['12'],
  ),
];

const levelCases: readonly AuthorizationCase[] = [
  allows('a moderator sets a level up to their own', [...room, changes('bob', {}, { invite: 50 })]),
  rejects('a moderator sets a level above their own', [...room, changes('bob', {}, { invite: 51 })]),
  rejects('a moderator lowers a level above their own', [
    ...roomWithLevels({ ban: 75 }),
    changes('bob', {}, { ban: 50 }),
  ]),
  rejects('a moderator removes a level above their own', [...roomWithLevels({ ban: 75 }), changes('bob', {})]),
  allows('a moderator sets the level of an event type up to their own', [
    ...room,
    changes('bob', {}, { events: { 'm.room.topic': 50 } }),
  ]),
  rejects('a moderator sets the level of an event type above their own', [
    ...room,
    changes('bob', {}, { events: { 'm.room.topic': 51 } }),
  ]),
  rejects('a moderator removes the level of an event type above their own', [
    ...roomWithLevels({ events: { 'm.room.topic': 75 } }),
    changes('bob', {}),
  ]),
  allowsOnly(
    'a moderator sets a notification level above their own',
    [...room, changes('bob', {}, { notifications: { room: 75 } })],
    versionsFrom('1', '5'),
  ),
  allowsOnly(
    'a moderator lowers a notification level above their own',
    [...roomWithLevels({ notifications: { room: 75 } }), changes('bob', {}, { notifications: { room: 50 } })],
    versionsFrom('1', '5'),
  ),
  allows('a creator sets a level as high as it goes, where nobody else can follow', [
    ...room,
    changes('alice', {}, { ban: 100 }),
  ]),
  allowsOnly(
    'a creator sets a level above 100',
    [...room, changes('alice', {}, { ban: Number.MAX_SAFE_INTEGER })],
    ['12'],
  ),
];

const formCases: readonly AuthorizationCase[] = [
  allowsOnly('a level that is a string', [...room, changes('alice', { erin: ' +010 ' })], versionsFrom('1', '9')),
  // Versions 6 to 9 never see one: the event's format forbids it.
  allows('a level with a fraction', [...room, changes('alice', { erin: 10.9 })], versionsFrom('1', '5')),
  rejects('a level with a fraction', [...room, changes('alice', { erin: 10.9 })], versionsFrom('10')),
  rejects('a level with a fraction that is above the sender when it is cut off', [
    ...room,
    changes('bob', { erin: 51.2 }),
  ]),
  rejects('a string level above the sender', [...room, changes('bob', { erin: '51' })]),
  allowsOnly(
    'a string level that equals the number before',
    [...room, changes('bob', { carol: '50' })],
    versionsFrom('1', '9'),
  ),
  rejects('a level that is a word', [...room, changes('alice', { erin: 'ten' })]),
  rejects('a level that is a truth value', [...room, changes('alice', { erin: true })]),
  rejects('a level that is null', [...room, changes('alice', { erin: null })]),
  rejects('a level beyond what an integer holds', [...room, changes('alice', { erin: 2 ** 53 })]),
  rejects('a ban level that is an object', [...room, changes('alice', {}, { ban: {} })]),
  rejects('events that are a string', [...room, changes('alice', {}, { events: '50' })]),
  allowsOnly(
    'notifications that are a string',
    [...room, changes('alice', {}, { notifications: '50' })],
    versionsFrom('1', '5'),
  ),
  allowsOnly(
    'a malformed ban level in the first power levels, of which versions 1 to 9 check the users only',
    [create('alice'), joins('alice'), powerLevels('first levels', 'alice', {}, { content: { ban: 'high' } })],
    versionsFrom('1', '9'),
  ),
];

export const powerLevelCases = [...userCases, ...levelCases, ...formCases];
