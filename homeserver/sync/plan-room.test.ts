import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Membership } from '../storage/rooms/membership-codes.ts';
import type { MembershipSpan } from '../storage/sync/read-membership-spans.ts';
import { planRoom } from './plan-room.ts';

/** Memberships at positions 10, 20, 30 ... */
function spansOf(...memberships: Membership[]): MembershipSpan[] {
  return memberships.map((membership, index) => ({
    membership,
    from: (index + 1) * 10,
    to: index === memberships.length - 1 ? Infinity : (index + 2) * 10,
  }));
}

const to = 100;
const room = { scope: 'room' } as const;
const own = { scope: 'own-member-event' } as const;

const stories: readonly (readonly [string, Membership[], number | undefined, object | undefined])[] = [
  [
    'a joined room in an initial sync is told whole',
    ['join'],
    undefined,
    { section: 'join', since: undefined, upTo: to, ...room },
  ],
  ['a joined room is told from the token on', ['join'], 15, { section: 'join', since: 15, upTo: to, ...room }],
  [
    'a room joined since is told whole',
    ['invite', 'join'],
    15,
    { section: 'join', since: undefined, upTo: to, ...room },
  ],
  ['a changed profile is no new join', ['join', 'join'], 15, { section: 'join', since: 15, upTo: to, ...room }],
  [
    'who left and came back learns the room anew',
    ['join', 'leave', 'join'],
    15,
    { section: 'join', since: undefined, upTo: to, ...room },
  ],
  [
    'an old stay does not count for a new one',
    ['join', 'leave', 'join'],
    25,
    { section: 'join', since: undefined, upTo: to, ...room },
  ],
  ['a left room is told up to the leaving', ['join', 'leave'], 15, { section: 'leave', since: 15, upTo: 20, ...room }],
  [
    'joined and left since: told whole up to the leaving',
    ['invite', 'join', 'leave'],
    15,
    { section: 'leave', since: undefined, upTo: 30, ...room },
  ],
  [
    'kicked and banned since: one section up to the ban',
    ['join', 'leave', 'ban'],
    15,
    { section: 'leave', since: 15, upTo: 30, ...room },
  ],
  [
    'banned after an old leaving: the ban alone',
    ['join', 'leave', 'ban'],
    25,
    { section: 'leave', since: 29, upTo: 30, ...own },
  ],
  ['a rejected invite goes away', ['invite', 'leave'], 15, { section: 'leave', since: 19, upTo: 20, ...own }],
  ['a room left before is not told again', ['join', 'leave'], 25, undefined],
  ['a left room is not in an initial sync', ['join', 'leave'], undefined, undefined],
  [
    'a room that the user was banned from is in an initial sync, up to the ban',
    ['join', 'ban'],
    undefined,
    { section: 'leave', since: undefined, upTo: 20, ...room },
  ],
  ['a new invite is told', ['leave', 'invite'], 15, { section: 'invite', position: 20 }],
  ['an old invite is not told again', ['invite'], 15, undefined],
  ['a knock is told', ['knock'], undefined, { section: 'knock', position: 10 }],
  ['who was never there is told nothing', [], undefined, undefined],
];

for (const [story, memberships, since, plan] of stories) {
  test(story, () => assert.deepEqual(planRoom(spansOf(...memberships), since, to, false), plan));
}

test('with include_leave an initial sync has left rooms, whole up to the leaving', () => {
  assert.deepEqual(planRoom(spansOf('join', 'leave'), undefined, to, true), {
    section: 'leave',
    since: undefined,
    upTo: 20,
    scope: 'room',
  });
});

test('what comes after the end of the range is not known yet', () => {
  assert.deepEqual(planRoom(spansOf('join', 'leave'), 12, 15, false), {
    section: 'join',
    since: 12,
    upTo: 15,
    ...room,
  });
});
