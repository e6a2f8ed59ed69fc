import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { compareEventIds } from './compare-event-ids.ts';
import { resolveState } from './resolve-state.ts';
import { stateTuple } from './state-map.ts';
import { buildStory } from './stories/build-story.ts';
import { bans, joins, openRoom, topic } from './stories/story.ts';

const rules = roomVersionRules('11') as RoomVersionRules;

test('an auth event that was rejected lends nobody its rights', () => {
  const events = [
    ...openRoom({ bob: 50 }, 'bob'),
    joins('bob', { name: 'bob renamed', content: { displayname: 'Robert' } }),
    topic('a topic', 'bob'),
    topic('other topic', 'alice', { after: ['bob joins'], at: 1 }),
  ];
  const { input } = buildStory(rules, { events, states: [{ after: 'a topic' }, { after: 'other topic' }] });
  // Without any membership of bob in the states, his right to set a topic comes from the topic's auth events alone.
  const bob = stateTuple('m.room.member', '@bob:bob.example');
  const stateSets = input.stateSets.map((state) => new Map([...state].filter(([tuple]) => tuple !== bob)));
  const tuple = stateTuple('m.room.topic', '');
  assert.equal(resolveState({ ...input, stateSets }).get(tuple), '$a topic');
  const wasRejected = (eventId: string) => eventId === '$bob renamed';
  assert.equal(resolveState({ ...input, stateSets, wasRejected }).get(tuple), '$other topic');
});

test('the auth events that the caller lists are taken instead of those in the events', () => {
  const events = [
    ...openRoom({}, 'bob'),
    bans('alice', 'bob'),
    joins('bob', { name: 'bob is back', after: ['bob joins'] }),
  ];
  const states = [{ after: 'alice bans bob' }, { after: 'bob is back' }];
  const { input } = buildStory(rules, { events, states });
  const asked: string[] = [];
  const resolved = resolveState({
    ...input,
    getAuthEventIds: (eventId) => {
      asked.push(eventId);
      return input.getEvent(eventId)?.pdu.auth_events.map(String);
    },
  });
  assert.equal(resolved.get(stateTuple('m.room.member', '@bob:bob.example')), '$alice bans bob');
  assert.deepEqual(new Set(asked), new Set(events.map(({ name }) => `$${name}`)));
});

test('event ids are compared by code points', () => {
  assert.ok(compareEventIds('$a', '$b') < 0);
  assert.ok(compareEventIds('$b', '$a') > 0);
  assert.equal(compareEventIds('$a', '$a'), 0);
  assert.ok(compareEventIds('$a', '$aa') < 0);
  // In UTF-16 the surrogates of the first would come before the second.
  assert.ok(compareEventIds('$\u{1f600}:a', '$\u{ff5e}:a') > 0);
  assert.ok(compareEventIds('$\u{1f600}a', '$\u{1f600}b') < 0);
});
