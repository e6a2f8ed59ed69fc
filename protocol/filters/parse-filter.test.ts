import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { matchesEventFilter, matchesRoom, maxFilterLimit, maxWildcardTypes } from './event-filter.ts';
import { maxListEntries } from './filter-reader.ts';
import { parseFilter, parseRoomEventFilter, unfiltered } from './parse-filter.ts';

const refusals: readonly (readonly [story: string, json: JsonValue, errcode: string, place: string])[] = [
  ['a filter that is a list', [], 'M_BAD_JSON', 'a filter'],
  ['a filter that is null', null, 'M_BAD_JSON', 'a filter'],
  ['presence that is no object', { presence: 'x' }, 'M_BAD_JSON', 'presence'],
  ['a timeline that is no object', { room: { timeline: 'x' } }, 'M_BAD_JSON', 'room.timeline'],
  ['rooms that are no list', { room: { timeline: { rooms: 'x' } } }, 'M_BAD_JSON', 'room.timeline.rooms'],
  ['rooms that are no room ids', { room: { rooms: ['x'] } }, 'M_BAD_JSON', 'room.rooms'],
  ['senders that are no user ids', { presence: { senders: ['x'] } }, 'M_BAD_JSON', 'presence.senders'],
  ['types that are numbers', { room: { state: { types: [1] } } }, 'M_BAD_JSON', 'room.state.types'],
  ['null instead of a list', { room: { state: { not_types: null } } }, 'M_BAD_JSON', 'room.state.not_types'],
  ['a flag that is a word', { room: { include_leave: 'yes' } }, 'M_BAD_JSON', 'room.include_leave'],
  ['a limit that is no integer', { room: { timeline: { limit: 1.5 } } }, 'M_BAD_JSON', 'room.timeline.limit'],
  ['a limit below zero', { room: { timeline: { limit: -1 } } }, 'M_BAD_JSON', 'limit'],
  ['a format nobody knows', { event_format: 'xml' }, 'M_BAD_JSON', 'event_format'],
  ['a field longer than fields are', { event_fields: ['x'.repeat(513)] }, 'M_INVALID_PARAM', 'event_fields'],
  ['too many fields', { event_fields: new Array(257).fill('type') }, 'M_INVALID_PARAM', 'event_fields'],
  [
    'too many types',
    { presence: { types: new Array(maxListEntries + 1).fill('m.x') } },
    'M_INVALID_PARAM',
    'presence.types',
  ],
  [
    'too many wildcards',
    { presence: { types: new Array(maxWildcardTypes + 1).fill('m.*') } },
    'M_INVALID_PARAM',
    'types',
  ],
];

for (const [story, json, errcode, place] of refusals) {
  test(`refused with ${errcode}, naming ${place}: ${story}`, () => {
    const { problem } = parseFilter(json);
    assert.equal(problem?.errcode, errcode);
    assert.ok(problem?.error.includes(place), problem?.error);
  });
}

test('the example of the specification is understood', () => {
  const { filter } = parseFilter({
    room: {
      state: { types: ['m.room.*'], not_rooms: ['!726s6s6q:example.com'] },
      timeline: { limit: 10, types: ['m.room.message'], not_senders: ['@spam:example.com'] },
      ephemeral: { types: ['m.receipt', 'm.typing'] },
    },
    presence: { types: ['m.presence'], not_senders: ['@alice:example.com'] },
    event_format: 'client',
    event_fields: ['type', 'content', 'sender'],
  });
  assert.equal(filter?.room.timeline.limit, 10);
  assert.equal(filter?.eventFormat, 'client');
  assert.equal(filter?.room.state.matchesAll, false);
  assert.equal(filter?.accountData.matchesAll, true);
});

test('limits are kept between none and the most there is', () => {
  const limitOf = (limit: number) => parseRoomEventFilter({ limit }).filter?.limit;
  assert.deepEqual([0, 1, 50, maxFilterLimit + 1].map(limitOf), [0, 1, 50, maxFilterLimit]);
  assert.equal(unfiltered.room.limit, undefined);
});

test('flags are false unless they are set', () => {
  const { filter } = parseRoomEventFilter({ lazy_load_members: true, unread_thread_notifications: true });
  assert.equal(filter?.lazyLoadMembers, true);
  assert.equal(filter?.includeRedundantMembers, false);
  assert.equal(filter?.unreadThreadNotifications, true);
});

test('relations are read for whoever applies them', () => {
  const { filter } = parseRoomEventFilter({ related_by_rel_types: ['m.thread'], related_by_senders: ['@a:x'] });
  assert.deepEqual([...(filter?.relatedByRelTypes ?? [])], ['m.thread']);
  assert.deepEqual([...(filter?.relatedBySenders ?? [])], ['@a:x']);
});

const image = { type: 'm.room.message', sender: '@a:x', content: { url: null } };
const text = { type: 'm.room.message', sender: '@b:x', content: { body: 'hi' } };
const typing = { type: 'm.typing', content: { user_ids: [] } };
const room = '!r:x';

const decisions: readonly (readonly [JsonObject, typeof image | typeof text | typeof typing, boolean])[] = [
  [{}, typing, true],
  [{ types: ['m.room.message'] }, text, true],
  [{ types: ['m.room.*'] }, text, true],
  [{ types: ['*.message'] }, text, true],
  [{ types: ['m.*.mess*e'] }, text, true],
  [{ types: ['*'] }, text, true],
  [{ types: ['m.room.messag?'] }, text, false],
  [{ types: ['M.ROOM.*'] }, text, false],
  [{ types: ['m.room'] }, text, false],
  [{ types: [] }, text, false],
  [{ types: ['*'], not_types: ['m.room.message'] }, text, false],
  [{ not_types: ['m.room.*'] }, typing, true],
  [{ not_types: [] }, text, true],
  [{ senders: ['@b:x'] }, text, true],
  [{ senders: ['@a:x'] }, text, false],
  [{ senders: [] }, text, false],
  [{ senders: ['@b:x'], not_senders: ['@b:x'] }, text, false],
  [{ senders: ['@b:x'] }, typing, false],
  [{ not_senders: ['@b:x'] }, typing, true],
  [{ contains_url: true }, image, true],
  [{ contains_url: true }, text, false],
  [{ contains_url: false }, image, false],
  [{ contains_url: false }, text, true],
  [{ rooms: [room] }, text, true],
  [{ rooms: [] }, text, false],
  [{ rooms: ['!s:x'] }, text, false],
  [{ rooms: [room], not_rooms: [room] }, text, false],
  [{ not_rooms: ['!s:x'] }, text, true],
];

for (const [json, event, passes] of decisions) {
  test(`${JSON.stringify(json)} ${passes ? 'passes' : 'excludes'} ${JSON.stringify(event)}`, () => {
    const { filter } = parseRoomEventFilter(json);
    assert.ok(filter);
    assert.equal(matchesEventFilter(filter, event, room), passes);
  });
}

test('without the id of the room, rooms are the business of matchesRoom', () => {
  const { filter } = parseRoomEventFilter({ rooms: ['!s:x'] });
  assert.ok(filter);
  assert.equal(matchesEventFilter(filter, text), true);
  assert.equal(matchesRoom(filter, room), false);
  assert.equal(matchesRoom(unfiltered.sync.room, room), true);
});

test('room lists do not apply to presence', () => {
  const { filter } = parseFilter({ presence: { not_rooms: [room] } });
  assert.ok(filter);
  assert.equal(matchesEventFilter(filter.presence, { type: 'm.presence', sender: '@a:x' }, room), true);
});

test('whatever JSON comes, the answer is a filter or a problem', () => {
  const name = fc.constantFrom('room', 'timeline', 'state', 'types', 'limit', 'rooms', 'event_fields', '__proto__');
  const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<JsonValue[]>(null, true, 5, -1, 'x', '@a:x', '!r:x', 'a.b'),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.array(fc.tuple(name, tie('json')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  }));
  fc.assert(
    fc.property(json, (value) => {
      const { filter, problem } = parseFilter(value);
      assert.equal((filter === undefined) !== (problem === undefined), true);
    }),
    { numRuns: 2000 },
  );
});
