import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { resolveState } from './resolve-state.ts';
import { type StateTuple, stateTuple } from './state-map.ts';
import { buildStory } from './stories/build-story.ts';
import { openRoom, powerLevels, type StoryEvent, topic } from './stories/story.ts';

const rules = roomVersionRules('1') as RoomVersionRules;

function resolveAfter(events: readonly StoryEvent[], names: readonly string[], tuple: StateTuple): string | undefined {
  const { input } = buildStory(rules, { events, states: names.map((after) => ({ after })) });
  return resolveState(input).get(tuple);
}

test('of topics of one depth the one with the lowest SHA-1 of its event id is taken', () => {
  const names = ['one', 'two', 'three', 'four', 'five'];
  const events = [...openRoom({}, 'bob'), ...names.map((name) => topic(name, 'alice', { after: ['bob joins'] }))];
  const sha1 = (name: string) => createHash('sha1').update(`$${name}`).digest('hex');
  const lowest = names.toSorted((left, right) => (sha1(left) < sha1(right) ? -1 : 1))[0];
  assert.equal(resolveAfter(events, names, stateTuple('m.room.topic', '')), `$${lowest}`);
});

test('power levels are taken by depth up to the first that the one before does not allow', () => {
  const events = [
    ...openRoom({ bob: 50 }, 'bob'),
    powerLevels('shallow', 'alice', { alice: 100, bob: 0 }, { after: ['bob joins'] }),
    topic('aside', 'bob', { after: ['bob joins'] }),
    powerLevels('by bob', 'bob', { alice: 100, bob: 40 }),
    topic('aside again', 'alice', { after: ['bob joins'] }),
    topic('and again', 'alice'),
    powerLevels('deep', 'alice', { alice: 100, bob: 30 }),
  ];
  const tuple = stateTuple('m.room.power_levels', '');
  assert.equal(resolveAfter(events, ['shallow', 'by bob', 'deep'], tuple), '$shallow');
  assert.equal(resolveAfter(events, ['shallow', 'deep'], tuple), '$deep');
});

test('where no candidate is allowed any more, the shallowest stays', () => {
  const events = [
    ...openRoom({ bob: 50 }, 'bob'),
    powerLevels('without bob', 'alice', { alice: 100 }, { after: ['bob joins'] }),
    topic('first topic', 'bob', { after: ['bob joins'] }),
    topic('second topic', 'bob'),
  ];
  const { input } = buildStory(rules, { events, states: [{ after: 'first topic' }, { after: 'second topic' }] });
  const stateSets = input.stateSets.map((state) =>
    new Map(state).set(stateTuple('m.room.power_levels', ''), '$without bob'),
  );
  assert.equal(resolveState({ ...input, stateSets }).get(stateTuple('m.room.topic', '')), '$first topic');
});
