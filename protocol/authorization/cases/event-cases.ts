import {
  create,
  everyVersion,
  joins,
  leaves,
  openRoom,
  powerLevels,
  says,
  sends,
  topic,
} from '../../state-resolution/stories/story.ts';
import { type AuthorizationCase, allows, allowsOnly, rejects, versionsFrom } from './authorization-case.ts';

const room = openRoom({ bob: 50, dave: 10 }, 'bob', 'dave');

const createCases: readonly AuthorizationCase[] = [
  allows('a create event that begins a room', [create('alice')]),
  rejects('a create event after others', [
    ...room,
    sends('alice', 'm.room.create', { creator: 'alice' }, { name: 'second', stateKey: '' }),
  ]),
  rejects('a create event of a room version that nobody knows', [create('alice', { room_version: 'lasagne' })]),
  rejects('a create event whose room version is a number', [create('alice', { room_version: 1 })]),
  allows('a create event of a known room version', [create('alice', { room_version: '6' })]),
  allowsOnly('a create event of another server than the room id names', [create('bob')], ['12']),
  allowsOnly(
    'additional creators that are no user ids',
    [create('alice', { additional_creators: ['bob'] })],
    versionsFrom('1', '11'),
  ),
  allowsOnly(
    'additional creators that are no list',
    [create('alice', { additional_creators: {} })],
    versionsFrom('1', '11'),
  ),
  rejects('another server joins a room that does not federate', [
    create('alice', { 'm.federate': false }),
    joins('alice'),
    sends('alice', 'm.room.join_rules', { join_rule: 'public' }, { stateKey: '' }),
    joins('bob'),
  ]),
];

const otherCases: readonly AuthorizationCase[] = [
  allows('a member says something', [...room, says('hello', 'dave')]),
  rejects('a stranger says something', [...room, says('hello', 'erin')]),
  rejects('one who has left says something', [...room, leaves('dave'), says('hello', 'dave')]),
  rejects('a member below events_default says something', [
    ...room,
    powerLevels('announcements', 'alice', { alice: 100, dave: 10 }, { content: { events_default: 50 } }),
    says('hello', 'dave'),
  ]),
  allows('a moderator sets the topic', [...room, topic('topic', 'bob')]),
  rejects('a member below state_default sets the topic', [...room, topic('topic', 'dave')]),
  allows("a member sets the topic where the topic's own level is lower", [
    ...room,
    powerLevels('levels', 'alice', { alice: 100, dave: 10 }, { content: { events: { 'm.room.topic': 10 } } }),
    topic('topic', 'dave'),
  ]),
  allows('the creator sets the topic in a room without power levels', [
    create('alice'),
    joins('alice'),
    topic('topic', 'alice'),
  ]),
  rejects('a state key that is another user', [
    ...room,
    sends('bob', 'org.example.widget', {}, { stateKey: '@alice:alice.example' }),
  ]),
  allows('a state key that is the sender', [
    ...room,
    sends('bob', 'org.example.widget', {}, { stateKey: '@bob:bob.example' }),
  ]),
  rejects('a member below the invite level sends a third-party invite', [
    ...room,
    powerLevels('levels', 'alice', { alice: 100, dave: 10 }, { content: { invite: 50 } }),
    sends('dave', 'm.room.third_party_invite', {}, { stateKey: 'token' }),
  ]),
  allows('a member of the invite level sends a third-party invite, whatever state_default says', [
    ...room,
    sends('dave', 'm.room.third_party_invite', {}, { stateKey: 'token' }),
  ]),
];

const oldCases: readonly AuthorizationCase[] = [
  allowsOnly(
    'a stranger sets the aliases of their server',
    [...room, sends('erin', 'm.room.aliases', {}, { stateKey: 'erin.example' })],
    versionsFrom('1', '5'),
  ),
  rejects('a member sets the aliases of another server', [
    ...room,
    sends('dave', 'm.room.aliases', {}, { stateKey: 'bob.example' }),
  ]),
  rejects('aliases without a state key by a stranger', [...room, sends('erin', 'm.room.aliases', {})]),
  {
    name: 'a member redacts an event of another server below the redact level, which versions from 3 on decide later',
    events: [...room, sends('dave', 'm.room.redaction', {}, { redacts: '$other:bob.example' })],
    allowedIn: versionsFrom('3'),
    rejectedIn: ['1', '2'],
  },
  allows(
    'a member redacts an event of the same server',
    [...room, sends('dave', 'm.room.redaction', {}, { name: 'mine:dave.example', redacts: '$other:dave.example' })],
    everyVersion,
  ),
  allows('a moderator redacts an event of another server', [
    ...room,
    sends('bob', 'm.room.redaction', {}, { redacts: '$other:dave.example' }),
  ]),
];

export const eventCases = [...createCases, ...otherCases, ...oldCases];
