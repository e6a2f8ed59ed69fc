import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HistoryVisibility } from './history-visibility.ts';
import { parseHistoryVisibility } from './history-visibility.ts';
import { mayReadEvent } from './may-read-event.ts';

const userId = '@alice:example.org';
const message = { type: 'm.room.message', content: { msgtype: 'm.text', body: 'hello' } };
const memberEvent = (membership: string, stateKey = userId) => ({
  type: 'm.room.member',
  state_key: stateKey,
  content: { membership },
});
const visibilityEvent = (value: string, stateKey = '') => ({
  type: 'm.room.history_visibility',
  state_key: stateKey,
  content: { history_visibility: value },
});

interface Story {
  readonly story: string;
  readonly event: Parameters<typeof mayReadEvent>[0];
  readonly visibility: HistoryVisibility;
  readonly membership?: string;
  readonly joinedLater?: boolean;
  readonly mayRead: boolean;
}

const stories: readonly Story[] = [
  { story: 'a stranger reads a world-readable room', event: message, visibility: 'world_readable', mayRead: true },
  {
    story: 'a banned user reads a world-readable room',
    event: message,
    visibility: 'world_readable',
    membership: 'ban',
    mayRead: true,
  },
  { story: 'a stranger does not read a shared room', event: message, visibility: 'shared', mayRead: false },
  {
    story: 'who joined later reads shared history',
    event: message,
    visibility: 'shared',
    joinedLater: true,
    mayRead: true,
  },
  {
    story: 'who left does not read what came after in a shared room',
    event: message,
    visibility: 'shared',
    membership: 'leave',
    mayRead: false,
  },
  {
    story: 'who left and came back reads the gap in a shared room',
    event: message,
    visibility: 'shared',
    membership: 'leave',
    joinedLater: true,
    mayRead: true,
  },
  {
    story: 'an invited user who has not joined does not read a shared room',
    event: message,
    visibility: 'shared',
    membership: 'invite',
    mayRead: false,
  },
  {
    story: 'an invited user reads from the invitation on',
    event: message,
    visibility: 'invited',
    membership: 'invite',
    joinedLater: true,
    mayRead: true,
  },
  {
    story: 'who joined later does not read what was before the invitation',
    event: message,
    visibility: 'invited',
    joinedLater: true,
    mayRead: false,
  },
  {
    story: 'who rejected the invitation does not read on',
    event: message,
    visibility: 'invited',
    membership: 'leave',
    mayRead: false,
  },
  {
    story: 'a member reads a room of joined visibility',
    event: message,
    visibility: 'joined',
    membership: 'join',
    mayRead: true,
  },
  {
    story: 'an invited user does not read a room of joined visibility',
    event: message,
    visibility: 'joined',
    membership: 'invite',
    joinedLater: true,
    mayRead: false,
  },
  {
    story: 'a knocking user does not read on',
    event: message,
    visibility: 'invited',
    membership: 'knock',
    mayRead: false,
  },
  {
    story: 'a member who left later still reads what was sent before',
    event: message,
    visibility: 'joined',
    membership: 'join',
    joinedLater: false,
    mayRead: true,
  },
  { story: 'a user sees the event of the own join', event: memberEvent('join'), visibility: 'joined', mayRead: true },
  {
    story: 'a user sees being kicked',
    event: memberEvent('leave'),
    visibility: 'joined',
    membership: 'join',
    mayRead: true,
  },
  {
    story: 'a user sees the invitation where invited users may read',
    event: memberEvent('invite'),
    visibility: 'invited',
    mayRead: true,
  },
  {
    story: 'a user sees a withdrawn invitation where invited users may read',
    event: memberEvent('leave'),
    visibility: 'invited',
    membership: 'invite',
    mayRead: true,
  },
  {
    story: 'a ban of somebody who was outside stays unseen',
    event: memberEvent('ban'),
    visibility: 'joined',
    membership: 'leave',
    mayRead: false,
  },
  {
    story: 'the join of somebody else opens nothing',
    event: memberEvent('join', '@bob:example.org'),
    visibility: 'joined',
    mayRead: false,
  },
  {
    story: 'a stranger sees the room being closed to the world',
    event: visibilityEvent('joined'),
    visibility: 'world_readable',
    mayRead: true,
  },
  {
    story: 'a stranger sees the room being opened to the world',
    event: visibilityEvent('world_readable'),
    visibility: 'joined',
    mayRead: true,
  },
  {
    story: 'who joined later sees the room becoming shared',
    event: visibilityEvent('shared'),
    visibility: 'joined',
    joinedLater: true,
    mayRead: true,
  },
  {
    story: 'a value nobody understands means shared',
    event: visibilityEvent('friends'),
    visibility: 'joined',
    joinedLater: true,
    mayRead: true,
  },
  {
    story: 'a visibility event with another state key opens nothing',
    event: visibilityEvent('world_readable', 'x'),
    visibility: 'joined',
    mayRead: false,
  },
  {
    story: 'a message that pretends to set the visibility opens nothing',
    event: { type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } },
    visibility: 'joined',
    mayRead: false,
  },
];

for (const { story, event, visibility, membership, joinedLater = false, mayRead } of stories) {
  test(`history visibility: ${story}`, () => {
    assert.equal(mayReadEvent(event, { userId, historyVisibility: visibility, membership, joinedLater }), mayRead);
  });
}

test('no visibility event, and nonsense in one, mean shared', () => {
  assert.equal(parseHistoryVisibility(undefined), 'shared');
  for (const value of [null, 1, [], {}, 'toString', 'WORLD_READABLE']) {
    assert.equal(parseHistoryVisibility({ history_visibility: value }), 'shared');
  }
  assert.equal(parseHistoryVisibility({ history_visibility: 'invited' }), 'invited');
});

test('opening the room further never hides an event that could be read', () => {
  const wider: readonly HistoryVisibility[] = ['joined', 'invited', 'world_readable'];
  const memberships = fc.constantFrom(undefined, 'join', 'invite', 'leave', 'ban', 'knock');
  const events = fc.constantFrom(message, memberEvent('join'), memberEvent('leave'), visibilityEvent('shared'));
  fc.assert(
    fc.property(events, memberships, fc.boolean(), (event, membership, joinedLater) => {
      const answers = wider.map((historyVisibility) =>
        mayReadEvent(event, { userId, historyVisibility, membership, joinedLater }),
      );
      assert.deepEqual(
        answers,
        answers.toSorted((a, b) => Number(a) - Number(b)),
      );
    }),
  );
});
