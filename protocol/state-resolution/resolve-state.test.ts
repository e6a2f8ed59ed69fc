import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { roomVersionRules } from '../room-versions/room-version.ts';
import { resolveState, resolveStateInSlices } from './resolve-state.ts';
import { type StateMap, stateTuple } from './state-map.ts';
import { buildStory, eventIdOfName, userIdOf } from './stories/build-story.ts';
import { moderationStories } from './stories/moderation-stories.ts';
import { powerLevelStories } from './stories/power-level-stories.ts';
import { stateResetStories } from './stories/state-reset-stories.ts';
import type { Story } from './stories/story.ts';

for (const story of [...moderationStories, ...powerLevelStories, ...stateResetStories]) {
  describe(story.story, () => {
    for (const version of story.versions) test(`in room version ${version}`, () => check(story, version));
  });
}

function check(story: Story, version: string): void {
  const rules = roomVersionRules(version);
  assert.ok(rules);
  const { input, verdicts } = buildStory(rules, story);
  for (const { name, isUnauthorised = false } of story.events) {
    const verdict = verdicts.get(name);
    assert.equal(verdict?.allowed, !isUnauthorised, `${name}: ${JSON.stringify(verdict)}`);
  }
  for (const stateSets of permutations(input.stateSets)) {
    const resolved = resolveState({ ...input, stateSets });
    for (const [entry, name] of Object.entries(story.resolved)) {
      const expected = name === null ? undefined : eventIdOfName(name);
      assert.equal(resolved.get(tupleOfEntry(entry)), expected, entry);
    }
    const inSmallSlices = runSlices({ ...input, stateSets, stepsPerSlice: 1 });
    assert.deepEqual(sorted(inSmallSlices), sorted(resolved));
  }
  for (const state of input.stateSets) {
    assert.deepEqual(sorted(resolveState({ ...input, stateSets: [state, new Map(state)] })), sorted(state));
  }
}

function tupleOfEntry(entry: string): string {
  const [type = '', person] = entry.split('/');
  return stateTuple(type, person === undefined ? '' : userIdOf(person));
}

function runSlices(input: Parameters<typeof resolveStateInSlices>[0]): StateMap {
  const slices = resolveStateInSlices(input);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

function sorted(state: StateMap): [string, string][] {
  return [...state].sort(([left], [right]) => (left < right ? -1 : 1));
}
