import {
  bans,
  create,
  invites,
  joinRules,
  joins,
  knocks,
  leaves,
  openRoom,
  powerLevels,
  removes,
  type StoryEvent,
  says,
  sends,
} from '../../state-resolution/stories/story.ts';
import { type AuthorizationCase, allows, allowsOnly, rejects, versionsFrom } from './authorization-case.ts';

const room = openRoom({ bob: 50, carol: 50, dave: 10 }, 'bob', 'carol', 'dave');

function roomWithRule(rule: string): StoryEvent[] {
  return [...room, joinRules('the rule', 'alice', rule)];
}

function joinsBy(who: string, authorisingUser: string): StoryEvent {
  return joins(who, { content: { join_authorised_via_users_server: authorisingUser } });
}

function member(sender: string, target: string, content: { membership?: string }): StoryEvent {
  return sends(sender, 'm.room.member', content, { stateKey: target });
}

const joinCases: readonly AuthorizationCase[] = [
  allows('the creator joins right after the create event', [create('alice'), joins('alice')]),
  rejects('the creator joins after the create event and another one', [
    create('alice'),
    says('too early', 'alice'),
    joins('alice', { after: ['create', 'too early'] }),
  ]),
  rejects(
    'an additional creator joins right after the create event',
    [create('alice', { additional_creators: ['@bob:bob.example'] }), joins('bob')],
    ['12'],
  ),
  rejects('somebody else joins right after the create event', [create('alice'), joins('bob')]),
  rejects('the creator joins an invite-only room that has a past', [
    ...roomWithRule('invite'),
    leaves('alice'),
    joins('alice', { name: 'back' }),
  ]),
  rejects('somebody joins for somebody else', [...room, member('bob', 'erin', { membership: 'join' })]),
  allows('anybody joins a public room', [...room, joins('erin')]),
  rejects('a banned user joins a public room', [...room, bans('alice', 'erin'), joins('erin')]),
  rejects('a stranger joins an invite-only room', [...roomWithRule('invite'), joins('erin')]),
  allows('an invited user joins an invite-only room', [
    ...roomWithRule('invite'),
    invites('bob', 'erin'),
    joins('erin'),
  ]),
  allows('a member of an invite-only room changes their name', [
    ...roomWithRule('invite'),
    joins('bob', { name: 'new name', content: { displayname: 'Robert' } }),
  ]),
  rejects('a stranger joins a room without join rules', [create('alice'), joins('alice'), joins('bob')]),
  allowsOnly(
    'an invited user joins a room with the join rule knock',
    [...roomWithRule('knock'), invites('bob', 'erin'), joins('erin')],
    versionsFrom('7'),
  ),
  rejects('a stranger joins a room with the join rule knock', [...roomWithRule('knock'), joins('erin')]),
  rejects('an invited user joins a room with the join rule private', [
    ...roomWithRule('private'),
    invites('bob', 'erin'),
    joins('erin'),
  ]),
  allowsOnly(
    'an invited user joins a restricted room',
    [...roomWithRule('restricted'), invites('bob', 'erin'), joins('erin')],
    versionsFrom('8'),
  ),
  allowsOnly(
    'a member who may invite lets somebody into a restricted room',
    [...roomWithRule('restricted'), joinsBy('erin', 'bob')],
    versionsFrom('8'),
  ),
  allowsOnly(
    'a member who may invite lets somebody into a knock_restricted room',
    [...roomWithRule('knock_restricted'), joinsBy('erin', 'bob')],
    versionsFrom('10'),
  ),
  rejects('nobody lets somebody into a restricted room', [...roomWithRule('restricted'), joins('erin')]),
  rejects('a stranger lets somebody into a restricted room', [...roomWithRule('restricted'), joinsBy('erin', 'frank')]),
  rejects('a banned user is let into a restricted room', [
    ...roomWithRule('restricted'),
    bans('alice', 'erin'),
    joinsBy('erin', 'bob'),
  ]),
  rejects('a member who may not invite lets somebody into a restricted room', [
    ...roomWithRule('restricted'),
    powerLevels('invites need 50', 'alice', { alice: 100, bob: 50 }, { content: { invite: 50 } }),
    joinsBy('erin', 'dave'),
  ]),
];

const inviteCases: readonly AuthorizationCase[] = [
  allows('a member invites somebody', [...room, invites('dave', 'erin')]),
  allows('a member invites somebody who has left', [...room, joins('erin'), leaves('erin'), invites('dave', 'erin')]),
  allows('a member invites somebody who has knocked, where one can', [
    ...roomWithRule('knock'),
    knocks('erin'),
    invites('dave', 'erin'),
  ]),
  rejects('a stranger invites somebody', [...room, invites('erin', 'frank')]),
  rejects('a member invites a member', [...room, invites('bob', 'carol')]),
  rejects('a member invites a banned user', [...room, bans('alice', 'erin'), invites('bob', 'erin')]),
  rejects('a member below the invite level invites somebody', [
    ...room,
    powerLevels('invites need 50', 'alice', { alice: 100, dave: 10 }, { content: { invite: 50 } }),
    invites('dave', 'erin'),
  ]),
];

const leaveCases: readonly AuthorizationCase[] = [
  allows('a member leaves', [...room, leaves('dave')]),
  allows('an invited user declines', [...room, invites('bob', 'erin'), leaves('erin')]),
  rejects('a stranger leaves', [...room, leaves('erin')]),
  rejects('a banned user leaves', [...room, bans('bob', 'dave'), leaves('dave')]),
  allowsOnly(
    'a user withdraws their knock',
    [...roomWithRule('knock'), knocks('erin'), leaves('erin')],
    versionsFrom('7'),
  ),
  allows('a moderator kicks a member below', [...room, removes('bob', 'dave')]),
  rejects('a moderator kicks one of the same level', [...room, removes('bob', 'carol')]),
  rejects('a member below the kick level kicks a member below', [...room, joins('erin'), removes('dave', 'erin')]),
  rejects('a moderator who has left kicks a member', [...room, leaves('bob'), removes('bob', 'dave')]),
  allows('a moderator withdraws an invite', [...room, invites('dave', 'erin'), removes('bob', 'erin')]),
  allows('a moderator lifts a ban', [...room, bans('carol', 'dave'), removes('bob', 'dave')]),
  rejects('one who may kick but not ban lifts a ban', [
    ...room,
    powerLevels('bans need 75', 'alice', { alice: 100, bob: 50, dave: 10 }, { content: { ban: 75 } }),
    bans('alice', 'dave'),
    removes('bob', 'dave'),
  ]),
  rejects('one who may ban but not kick lifts a ban', [
    ...room,
    powerLevels('kicks need 75', 'alice', { alice: 100, bob: 50, dave: 10 }, { content: { kick: 75 } }),
    bans('bob', 'dave'),
    removes('bob', 'dave'),
  ]),
];

const otherMemberCases: readonly AuthorizationCase[] = [
  allows('a moderator bans a member below', [...room, bans('bob', 'dave')]),
  allows('a moderator bans a stranger', [...room, bans('bob', 'erin')]),
  rejects('a moderator bans one of the same level', [...room, bans('bob', 'carol')]),
  rejects('a member below the ban level bans a stranger', [...room, bans('dave', 'erin')]),
  rejects('a stranger bans a member', [...room, bans('erin', 'dave')]),
  allowsOnly('a stranger knocks', [...roomWithRule('knock'), knocks('erin')], versionsFrom('7')),
  allowsOnly(
    'a stranger knocks on a knock_restricted room',
    [...roomWithRule('knock_restricted'), knocks('erin')],
    versionsFrom('10'),
  ),
  rejects('a stranger knocks on a public room', [...room, knocks('erin')]),
  rejects('a member knocks', [...roomWithRule('knock'), knocks('dave')]),
  rejects('an invited user knocks', [...roomWithRule('knock'), invites('bob', 'erin'), knocks('erin')]),
  rejects('a banned user knocks', [...roomWithRule('knock'), bans('bob', 'erin'), knocks('erin')]),
  rejects('somebody knocks for somebody else', [
    ...roomWithRule('knock'),
    member('erin', 'frank', { membership: 'knock' }),
  ]),
  rejects('a membership that does not exist', [...room, member('dave', 'dave', { membership: 'lurk' })]),
  rejects('a membership event without membership', [...room, member('dave', 'dave', {})]),
  rejects('a membership event without state key', [...room, sends('dave', 'm.room.member', { membership: 'join' })]),
  rejects('a membership event whose state key is no user id', [
    ...room,
    member('bob', '@no-server', { membership: 'invite' }),
  ]),
];

export const memberCases = [...joinCases, ...inviteCases, ...leaveCases, ...otherMemberCases];
