import {
  everyVersion,
  joinRules,
  joins,
  leaves,
  openRoom,
  powerLevels,
  type Story,
  type StoryEvent,
  sinceVersion2,
  topic,
  versions2To11,
} from './story.ts';

/**
 * One server's state is older than the events that it stands for, as a partial synchronisation can make it. The second
 * algorithm resets state then; the one of version 12 does not.
 */
const aliceIsGone: readonly StoryEvent[] = [
  ...openRoom({ alice: 100 }, 'bob', 'charlie'),
  joinRules('invite only', 'alice', 'invite'),
  leaves('alice'),
  joins('bob', { name: 'bob changes his name', content: { displayname: 'Robert' } }),
  joins('charlie', {
    name: 'charlie changes his name',
    content: { displayname: 'Charles' },
    after: ['alice leaves'],
  }),
];

const promotionInBetween: readonly StoryEvent[] = [
  ...openRoom({ alice: 100 }, 'bob', 'charlie'),
  powerLevels('alice promotes bob', 'alice', { alice: 100, bob: 50 }),
  powerLevels('bob promotes charlie', 'bob', { alice: 100, bob: 50, charlie: 50 }),
  joins('eve'),
  joins('eve', { name: 'eve changes her name', content: { displayname: 'Eva' } }),
  joins('zara', { after: ['bob promotes charlie'] }),
];

export const stateResetStories: readonly Story[] = [
  {
    story: 'a stale join rule and a sender who has left since: version 12 keeps the join rule',
    source: 'MSC4297, problem A',
    versions: ['12'],
    events: aliceIsGone,
    states: [{ after: 'bob changes his name' }, { after: 'charlie changes his name', but: ['public room'] }],
    resolved: { 'm.room.join_rules': 'invite only', 'm.room.member/alice': 'alice leaves' },
  },
  {
    story: 'a stale join rule and a sender who has left since: versions 2 to 11 lose the join rule',
    source: 'MSC4297, problem A',
    versions: versions2To11,
    events: aliceIsGone,
    states: [{ after: 'bob changes his name' }, { after: 'charlie changes his name', but: ['public room'] }],
    resolved: { 'm.room.join_rules': null, 'm.room.member/alice': 'alice leaves' },
  },
  {
    story: 'stale power levels before a chain of promotions: version 12 replays the chain',
    source: 'MSC4297, problem B: conflicted state subgraph',
    versions: ['12'],
    events: promotionInBetween,
    states: [{ after: 'zara joins' }, { after: 'eve changes her name', but: ['first levels'] }],
    resolved: { 'm.room.power_levels': 'bob promotes charlie' },
  },
  {
    story: 'stale power levels before a chain of promotions: versions 2 to 11 fall back to them',
    source: 'MSC4297, problem B',
    versions: versions2To11,
    events: promotionInBetween,
    states: [{ after: 'zara joins' }, { after: 'eve changes her name', but: ['first levels'] }],
    resolved: { 'm.room.power_levels': 'first levels' },
  },
  {
    story: 'an older join rule behind a join does not replace the one that all states agree on',
    source: 'https://spec.matrix.org/v1.19/rooms/v2/#algorithm, step 5',
    versions: sinceVersion2,
    events: [...openRoom({}), joinRules('second rule', 'alice', 'public'), joins('carol', { after: ['public room'] })],
    states: [{ after: 'second rule' }, { after: 'carol joins', but: ['second rule'] }],
    resolved: { 'm.room.join_rules': 'second rule', 'm.room.member/carol': 'carol joins' },
  },
  {
    story: 'version 1 takes the deepest topic that is allowed',
    versions: ['1'],
    events: [
      ...openRoom({ bob: 50 }, 'bob'),
      topic('shallow topic', 'alice', { at: 900 }),
      topic('topic below', 'bob', { after: ['bob joins'], at: 100 }),
      topic('deep topic', 'bob', { at: 101 }),
    ],
    states: [{ after: 'shallow topic' }, { after: 'deep topic' }],
    resolved: { 'm.room.topic': 'deep topic' },
  },
  {
    story: 'version 1 takes no part in a conflict from a state that lacks the entry',
    versions: ['1'],
    events: [...openRoom({ bob: 50 }, 'bob'), topic('only topic', 'bob'), joins('carol', { after: ['bob joins'] })],
    states: [{ after: 'only topic' }, { after: 'carol joins' }],
    resolved: { 'm.room.topic': 'only topic', 'm.room.member/carol': 'carol joins' },
  },
  {
    story: 'three branches with a topic and two members resolve to all of them',
    versions: everyVersion,
    events: [
      ...openRoom({ bob: 50 }, 'bob'),
      topic('a topic', 'alice'),
      joins('carol', { after: ['bob joins'] }),
      joins('dave', { after: ['bob joins'] }),
    ],
    states: [{ after: 'a topic' }, { after: 'carol joins' }, { after: 'dave joins' }],
    resolved: { 'm.room.topic': 'a topic', 'm.room.member/carol': 'carol joins', 'm.room.member/dave': 'dave joins' },
  },
];
