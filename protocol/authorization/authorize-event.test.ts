import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RoomVersionId, roomVersionRules } from '../room-versions/room-version.ts';
import { buildStory } from '../state-resolution/stories/build-story.ts';
import type { AuthorizationCase } from './cases/authorization-case.ts';
import { eventCases } from './cases/event-cases.ts';
import { memberCases } from './cases/member-cases.ts';
import { powerLevelCases } from './cases/power-level-cases.ts';

for (const authorizationCase of [...memberCases, ...powerLevelCases, ...eventCases]) {
  const { name, allowedIn, rejectedIn } = authorizationCase;
  describe(name, () => {
    for (const version of allowedIn)
      test(`is allowed in room version ${version}`, () => check(authorizationCase, version));
    for (const version of rejectedIn)
      test(`is rejected in room version ${version}`, () => check(authorizationCase, version));
  });
}

function check({ events, allowedIn, rejectedIn }: AuthorizationCase, version: RoomVersionId): void {
  const rules = roomVersionRules(version);
  assert.ok(rules);
  assert.equal(allowedIn.includes(version), !rejectedIn.includes(version));
  const { verdicts } = buildStory(rules, { events, states: [] });
  // Events before the last one may be rejected, such as a knock where a version has none.
  const verdict = verdicts.get(events.at(-1)?.name ?? '');
  assert.equal(verdict?.allowed, allowedIn.includes(version), JSON.stringify(verdict));
}
