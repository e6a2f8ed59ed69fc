import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RoomVersionRules, roomVersionRules, supportedRoomVersions } from '../room-versions/room-version.ts';
import { resolveState } from './resolve-state.ts';
import type { StateMap } from './state-map.ts';
import { buildStory } from './stories/build-story.ts';
import { joinRules, openRoom, powerLevels, type StoryEvent, says, sends, topic } from './stories/story.ts';

const people = ['alice', 'bob', 'carol', 'dave'];
const opening = openRoom({ bob: 75, carol: 50 }, 'bob', 'carol');

/** Something that somebody tries after any of the events before it; many of these are rejected. */
const action = fc.record({
  kind: fc.constantFrom('topic', 'join rule', 'levels', 'membership'),
  actor: fc.constantFrom(...people),
  target: fc.constantFrom(...people),
  membership: fc.constantFrom('join', 'leave', 'ban', 'invite'),
  joinRule: fc.constantFrom('public', 'invite'),
  level: fc.constantFrom(0, 50, 75),
  after: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  at: fc.nat(20),
});
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

function storyEvent(told: Action, index: number): StoryEvent {
  const { kind, actor, target, level } = told;
  const name = `event ${index}`;
  const names = [...opening.map((event) => event.name), ...Array.from({ length: index }, (_, i) => `event ${i}`)];
  // Nothing comes before the opening, which gives people their rights.
  const first = opening.length - 1;
  const after = [...new Set(told.after.map((choice) => names[first + (choice % (names.length - first))] ?? ''))];
  const placed = { after, at: told.at };
  if (kind === 'topic') return topic(name, actor, placed);
  if (kind === 'join rule') return joinRules(name, actor, told.joinRule, placed);
  if (kind === 'levels') return powerLevels(name, actor, { alice: 100, bob: 75, carol: 50, [target]: level }, placed);
  return sends(actor, 'm.room.member', { membership: told.membership }, { name, stateKey: target, ...placed });
}

const rooms = fc.record({
  version: fc.constantFrom(...supportedRoomVersions()),
  events: fc.array(action, { minLength: 4, maxLength: 25 }).map((actions) => actions.map(storyEvent)),
});

function buildRoom(version: string, events: readonly StoryEvent[]) {
  const told = [...opening, ...events];
  const states = events.slice(-4).map(({ name }) => ({ after: name }));
  return buildStory(roomVersionRules(version) as RoomVersionRules, { events: told, states });
}

test('the order of the states makes no difference to their resolution', () => {
  fc.assert(
    fc.property(rooms, fc.infiniteStream(fc.nat()), ({ version, events }, choices) => {
      const { input } = buildRoom(version, events);
      const expected = sorted(resolveState(input));
      const stateSets = shuffle(input.stateSets, choices);
      assert.deepEqual(sorted(resolveState({ ...input, stateSets })), expected);
      const doubled = [...stateSets, ...input.stateSets.map((state) => new Map([...state].toReversed()))];
      assert.deepEqual(sorted(resolveState({ ...input, stateSets: doubled })), expected);
    }),
    { numRuns: 300 },
  );
});

test('a state with itself resolves to itself', () => {
  fc.assert(
    fc.property(rooms, ({ version, events }) => {
      const { input } = buildRoom(version, events);
      for (const state of input.stateSets) {
        assert.deepEqual(sorted(resolveState({ ...input, stateSets: [state, new Map(state)] })), sorted(state));
      }
    }),
    { numRuns: 50 },
  );
});

test('what all states agree on stays', () => {
  fc.assert(
    fc.property(rooms, ({ version, events }) => {
      const { input } = buildRoom(version, events);
      const resolved = resolveState(input);
      for (const [tuple, eventId] of input.stateSets[0] ?? []) {
        if (input.stateSets.every((state) => state.get(tuple) === eventId)) assert.equal(resolved.get(tuple), eventId);
      }
    }),
    { numRuns: 100 },
  );
});

test('rejected events change nothing: with messages in their places every state and verdict is the same', () => {
  let rejected = 0;
  fc.assert(
    fc.property(rooms, ({ version, events }) => {
      const whole = buildRoom(version, events);
      const isAllowed = (name: string) => whole.verdicts.get(name)?.allowed === true;
      const harmless = events.map((event) => {
        return isAllowed(event.name)
          ? event
          : { ...says(event.name, 'alice'), after: event.after ?? [], at: event.at ?? 0 };
      });
      rejected += events.filter(({ name }) => !isAllowed(name)).length;
      const changed = buildRoom(version, harmless);
      assert.deepEqual(sorted(resolveState(changed.input)), sorted(resolveState(whole.input)));
      assert.deepEqual(changed.input.stateSets.map(sorted), whole.input.stateSets.map(sorted));
      for (const { name } of events) if (isAllowed(name)) assert.equal(changed.verdicts.get(name)?.allowed, true);
    }),
    { numRuns: 200 },
  );
  assert.ok(rejected > 200, 'the rooms had rejected events');
});

function shuffle<Item>(items: readonly Item[], choices: Iterator<number>): Item[] {
  const rest = [...items];
  return items.map(() => rest.splice(Number(choices.next().value) % rest.length, 1)[0] as Item);
}

function sorted(state: StateMap): [string, string][] {
  return [...state].sort(([left], [right]) => (left < right ? -1 : 1));
}
