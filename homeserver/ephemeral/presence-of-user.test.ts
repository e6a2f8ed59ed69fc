import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPresenceNews, type PresentUser, presenceOfUser } from './presence-of-user.ts';

const minute = 60_000;

function userWith(
  devices: Record<string, { state: 'online' | 'unavailable'; untilMs: number; isSteady?: boolean }>,
  activeAtMs = 0,
): PresentUser {
  return {
    userId: '@a:x',
    devices: new Map(Object.entries(devices)),
    statusMessage: undefined,
    activeAtMs,
    activeAtWallMs: 1_000,
    told: undefined,
    toldAtMs: 0,
  };
}

const until = 100 * minute;
const stories: [string, PresentUser, number, string, boolean][] = [
  ['nobody syncs', userWith({}), 0, 'offline', false],
  ['a device syncs', userWith({ A: { state: 'online', untilMs: until } }), 0, 'online', true],
  ['a device has stopped to sync', userWith({ A: { state: 'online', untilMs: minute } }), 2 * minute, 'offline', false],
  ['the only device is idle', userWith({ A: { state: 'unavailable', untilMs: until } }), 0, 'unavailable', false],
  [
    'one of two devices is idle',
    userWith({ A: { state: 'unavailable', untilMs: until }, B: { state: 'online', untilMs: until } }),
    0,
    'online',
    true,
  ],
  [
    'nothing was done for two minutes',
    userWith({ A: { state: 'online', untilMs: until } }),
    2 * minute,
    'online',
    false,
  ],
  [
    'nothing was done for six minutes',
    userWith({ A: { state: 'online', untilMs: until } }),
    6 * minute,
    'unavailable',
    false,
  ],
  [
    'an application service has said six minutes ago that the user is there',
    userWith({ A: { state: 'online', untilMs: until, isSteady: true } }),
    6 * minute,
    'online',
    false,
  ],
];

for (const [story, user, nowMs, state, currentlyActive] of stories) {
  test(`when ${story}, the user is ${state}${currentlyActive ? ' and active' : ''}`, () => {
    const presence = presenceOfUser(user, nowMs);
    assert.deepEqual([presence.state, presence.currentlyActive], [state, currentlyActive]);
  });
}

test('a later activity alone is no news, every other change is', () => {
  const user = userWith({ A: { state: 'online', untilMs: until } });
  const told = presenceOfUser(user, 0);
  assert.equal(isPresenceNews(told, { ...told, lastActiveMs: 2_000 }), false);
  for (const change of [{ state: 'offline' as const }, { statusMessage: 'tea' }, { currentlyActive: false }]) {
    assert.equal(isPresenceNews(told, { ...told, ...change }), true);
  }
});

test('of who was never there it is no news that he is not', () => {
  assert.equal(isPresenceNews(undefined, presenceOfUser(userWith({}), 0)), false);
});
