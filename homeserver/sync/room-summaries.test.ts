import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventLogEntry } from './connected-users.ts';
import { heroesFor, nextSummary, type RoomSummary, summaryJson } from './room-summaries.ts';

const summary: RoomSummary = {
  positions: [10],
  joined: 3,
  invited: 1,
  heroes: ['@a:x', '@b:x', '@c:x', '@d:x'],
  former: [],
  isNamed: false,
};

function memberEntry(userId: string, before: string | undefined, after: string, position = 11): EventLogEntry {
  const content = { membership: after };
  const replaced =
    before === undefined ? {} : { replaced: { eventId: '$', sender: '@a:x', content: { membership: before } } };
  return {
    shard: 0,
    position,
    kind: 'event',
    body: { type: 'm.room.member', stateKey: userId, content, ...replaced } as never,
  };
}

const changes: [string, EventLogEntry, Partial<RoomSummary> | undefined][] = [
  ['a join', memberEntry('@e:x', undefined, 'join'), { joined: 4, heroes: [...summary.heroes, '@e:x'] }],
  ['an invite', memberEntry('@e:x', 'leave', 'invite'), { invited: 2, heroes: [...summary.heroes, '@e:x'] }],
  ['an accepted invite', memberEntry('@d:x', 'invite', 'join'), { joined: 4, invited: 0 }],
  ['a changed profile', memberEntry('@a:x', 'join', 'join'), {}],
  ['a ban of who had left', memberEntry('@z:x', 'leave', 'ban'), {}],
  ['the leaving of a hero: the next in line is not known', memberEntry('@a:x', 'join', 'leave'), undefined],
  ['what was contained when it was read', memberEntry('@e:x', undefined, 'join', 10), {}],
];

for (const [story, entry, change] of changes) {
  test(`a summary after ${story}`, () => {
    const next = nextSummary(summary, entry);
    assert.deepEqual(next, change && { ...summary, ...change });
  });
}

test('a seventh member is no hero, and may leave without a reading', () => {
  const full = { ...summary, joined: 6, invited: 1, heroes: ['@1:x', '@2:x', '@3:x', '@4:x', '@5:x', '@6:x'] };
  const next = nextSummary(full, memberEntry('@7:x', undefined, 'join'));
  assert.deepEqual(next?.heroes, full.heroes);
  assert.deepEqual(nextSummary(full, memberEntry('@7:x', 'join', 'leave'))?.joined, 5);
});

test('nobody is his own hero, and where nobody else is those who were take the place', () => {
  assert.deepEqual(heroesFor(summary, '@b:x'), ['@a:x', '@c:x', '@d:x']);
  assert.deepEqual(heroesFor({ heroes: ['@a:x'], former: ['@gone:x', '@a:x'] }, '@a:x'), ['@gone:x']);
});

test('a named room is told without heroes', () => {
  assert.deepEqual(JSON.parse(summaryJson({ ...summary, isNamed: true }, '@a:x')), {
    'm.joined_member_count': 3,
    'm.invited_member_count': 1,
  });
});
