import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RoomVersionId, roomVersionRules } from '../room-versions/room-version.ts';
import { stateTuple } from '../state-resolution/state-map.ts';
import { buildStory } from '../state-resolution/stories/build-story.ts';
import { openRoom } from '../state-resolution/stories/story.ts';
import type { AuthState } from './auth-state.ts';
import { authorizeEvent } from './authorize-event.ts';
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

test('the create event of another room allows nothing', () => {
  const rules = roomVersionRules('11');
  assert.ok(rules);
  const { input } = buildStory(rules, { events: openRoom({}), states: [{ after: 'public room' }] });
  const event = input.getEvent('$first levels');
  assert.ok(event);
  const state: AuthState = {
    get: (type, stateKey) => input.getEvent(input.stateSets[0]?.get(stateTuple(type, stateKey)) ?? ''),
  };
  assert.equal(authorizeEvent(rules, event, state, () => false).allowed, true);
  const elsewhere = { ...event, roomId: '!elsewhere:alice.example' };
  assert.equal(authorizeEvent(rules, elsewhere, state, () => false).allowed, false);
});

test('a state without a create event allows nothing but the create event', () => {
  const rules = roomVersionRules('12');
  assert.ok(rules);
  const { input } = buildStory(rules, { events: openRoom({}), states: [] });
  const isAllowed = (eventId: string) => {
    const event = input.getEvent(eventId);
    assert.ok(event);
    return authorizeEvent(rules, event, { get: () => undefined }, () => false).allowed;
  };
  assert.equal(isAllowed('$create'), true);
  assert.equal(isAllowed('$alice joins'), false);
});

function check({ events, allowedIn, rejectedIn }: AuthorizationCase, version: RoomVersionId): void {
  const rules = roomVersionRules(version);
  assert.ok(rules);
  assert.equal(allowedIn.includes(version), !rejectedIn.includes(version));
  const { verdicts } = buildStory(rules, { events, states: [] });
  // Events before the last one may be rejected, such as a knock where a version has none.
  const verdict = verdicts.get(events.at(-1)?.name ?? '');
  assert.equal(verdict?.allowed, allowedIn.includes(version), JSON.stringify(verdict));
}
