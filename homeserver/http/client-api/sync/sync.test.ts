import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collectLog } from '../../../testing/collect-log.ts';
import { createTestRoom, joinRoom, say, setState } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let alice: TestUser;
let bob: TestUser;
const { log, records } = collectLog();

before(async () => {
  homeserver = await startTestHomeserver({ log });
  [alice, bob] = await Promise.all([
    registerUser(homeserver.baseUrl, 'alice'),
    registerUser(homeserver.baseUrl, 'bob'),
  ]);
});
after(async () => {
  await homeserver.stop();
  assert.deepEqual(
    records.filter(({ level }) => level === 'error'),
    [],
  );
});

const bodies = (room: AnyJson): string[] =>
  room.timeline.events.map((event: AnyJson) => event.content.body ?? event.type);
const types = (events: AnyJson): string[] => events.map((event: AnyJson) => event.type).sort();

async function sharedRoom(body: object = {}): Promise<string> {
  const roomId = await createTestRoom(alice, body);
  await joinRoom(bob, roomId);
  return roomId;
}

test('an initial sync has the room with its newest events, the state before them, and its summary', async () => {
  const roomId = await createTestRoom(alice, { name: 'Tea' });
  for (let i = 0; i < 12; i++) await say(alice, roomId, `m${i}`);
  const room = (await syncClient(alice).next()).rooms.join[roomId];
  assert.deepEqual(
    bodies(room),
    Array.from({ length: 10 }, (_, i) => `m${i + 2}`),
  );
  assert.equal(room.timeline.limited, true);
  for (const type of ['m.room.create', 'm.room.name', 'm.room.member', 'm.room.power_levels']) {
    assert.ok(types(room.state.events).includes(type), type);
  }
  assert.deepEqual(room.summary, { 'm.joined_member_count': 1, 'm.invited_member_count': 0 });
});

test('a room that fits into the timeline has no state before it, and no more than it', async () => {
  const roomId = await createTestRoom(alice);
  const room = (await syncClient(alice).next({ filter: { room: { timeline: { limit: 50 } } } })).rooms.join[roomId];
  assert.equal(room.timeline.events[0].type, 'm.room.create');
  assert.deepEqual(room.state.events, []);
  assert.equal(room.timeline.limited, false);
});

test('a message wakes a waiting sync of another member, with the transaction id for its sender alone', async () => {
  const roomId = await sharedRoom();
  const [aliceClient, bobClient] = [syncClient(alice), syncClient(bob)];
  await Promise.all([aliceClient.next(), bobClient.next()]);
  const waiting = bobClient.next({ timeout: 10_000 });
  const eventId = await say(alice, roomId, 'hello');
  const room = (await waiting).rooms.join[roomId];
  assert.deepEqual(bodies(room), ['hello']);
  assert.equal(room.timeline.events[0].event_id, eventId);
  assert.equal(room.timeline.limited, false);
  assert.equal(room.timeline.events[0].unsigned.transaction_id, undefined);
  assert.equal(room.timeline.events[0].unsigned.membership, 'join');
  assert.equal(typeof room.timeline.events[0].unsigned.age, 'number');
  const own = (await aliceClient.next()).rooms.join[roomId];
  assert.match(own.timeline.events[0].unsigned.transaction_id, /^test/);
});

test('with nothing new a sync waits until its time is over and then gives a token to go on with', async () => {
  const client = syncClient(await registerUser(homeserver.baseUrl, 'quiet'));
  await client.next();
  const { since } = client;
  const reply = await client.next({ timeout: 50 });
  assert.deepEqual(Object.keys(reply).sort(), [
    'device_one_time_keys_count',
    'device_unused_fallback_key_types',
    'next_batch',
  ]);
  assert.equal(typeof since, 'string');
});

test('more new events than the limit leave a gap, which state and prev_batch bridge', async () => {
  const roomId = await sharedRoom();
  const client = syncClient(bob);
  await client.next();
  await setState(alice, roomId, 'm.room.topic', { topic: 'one' });
  await setState(alice, roomId, 'm.room.topic', { topic: 'two' });
  for (let i = 0; i < 5; i++) await say(alice, roomId, `m${i}`);
  const since = client.since;
  const room = (await client.next({ filter: { room: { timeline: { limit: 3 } } } })).rooms.join[roomId];
  assert.deepEqual(bodies(room), ['m2', 'm3', 'm4']);
  assert.equal(room.timeline.limited, true);
  assert.deepEqual(
    room.state.events.map((event: AnyJson) => event.content.topic),
    ['two'],
  );
  const query = new URLSearchParams({ dir: 'b', limit: '10', from: room.timeline.prev_batch, to: since ?? '' });
  const gap = await bob.call(
    'GET',
    `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query.toString()}`,
  );
  assert.deepEqual(
    gap.chunk.map((event: AnyJson) => event.content.body ?? event.content.topic),
    ['m1', 'm0', 'two', 'one'],
  );
});

test('state_after tells the state at the end of the timeline, and state is left out', async () => {
  const roomId = await sharedRoom();
  const client = syncClient(bob);
  const first = (await client.next({ stateAfter: true })).rooms.join[roomId];
  assert.equal(first.state, undefined);
  assert.ok(types(first.state_after.events).includes('m.room.create'));
  await setState(alice, roomId, 'm.room.topic', { topic: 'now' });
  const room = (await client.next({ stateAfter: true })).rooms.join[roomId];
  assert.deepEqual(types(room.timeline.events), ['m.room.topic']);
  assert.deepEqual(types(room.state_after.events), ['m.room.topic']);
  await say(alice, roomId, 'no state');
  assert.deepEqual((await client.next({ stateAfter: true })).rooms.join[roomId].state_after, { events: [] });
});

test('a changed state event carries what it replaced', async () => {
  const roomId = await sharedRoom();
  const before = await setState(alice, roomId, 'm.room.topic', { topic: 'old' });
  const client = syncClient(bob);
  await client.next();
  await setState(alice, roomId, 'm.room.topic', { topic: 'new' });
  const [event] = (await client.next()).rooms.join[roomId].timeline.events;
  assert.deepEqual(event.unsigned.prev_content, { topic: 'old' });
  assert.equal(event.unsigned.replaces_state, before);
});

test('full_state tells all the state of every room, with a timeline from the token on', async () => {
  const roomId = await sharedRoom();
  const client = syncClient(bob);
  await client.next();
  const room = (await client.next({ fullState: true, timeout: 60_000 })).rooms.join[roomId];
  assert.deepEqual(room.timeline.events, []);
  assert.ok(types(room.state.events).includes('m.room.create'));
});

test('a stored filter and the same filter inline give the same', async () => {
  const roomId = await sharedRoom();
  await say(alice, roomId, 'text');
  const filter = { room: { rooms: [roomId], timeline: { types: ['m.room.message'], limit: 1 }, state: { types: [] } } };
  const { filter_id: filterId } = await bob.call('POST', `/_matrix/client/v3/user/${bob.userId}/filter`, filter);
  const inline = await syncClient(bob).next({ filter });
  const stored = await syncClient(bob).next({ filter: filterId });
  for (const reply of [inline, stored]) {
    assert.deepEqual(Object.keys(reply.rooms.join), [roomId]);
    assert.deepEqual(bodies(reply.rooms.join[roomId]), ['text']);
    assert.deepEqual(reply.rooms.join[roomId].state.events, []);
  }
});

test('beside a filtered timeline that is cut, an initial sync has all of the state, also what that shows', async () => {
  const roomId = await sharedRoom();
  await setState(alice, roomId, 'm.room.topic', { topic: 'new' });
  await say(alice, roomId, 'filtered out');
  const stateOf = async (limit: number) => {
    const filter = { room: { rooms: [roomId], timeline: { not_types: ['m.room.message'], limit } } };
    const { timeline, state } = (await syncClient(bob).next({ filter })).rooms.join[roomId];
    assert.equal(timeline.events.at(-1).content.topic, 'new');
    return state.events.filter((event: AnyJson) => event.type === 'm.room.topic').length;
  };
  assert.equal(await stateOf(1), 1);
  assert.equal(await stateOf(100), 0);
});

test('a filter for messages finds old ones behind many others, and event_fields keep only what they name', async () => {
  const roomId = await sharedRoom();
  await say(alice, roomId, 'needle');
  for (let i = 0; i < 40; i++) await setState(alice, roomId, 'm.room.topic', { topic: `${i}` });
  const filter = {
    event_fields: ['content.body'],
    room: { rooms: [roomId], timeline: { types: ['m.room.message'], limit: 2 } },
  };
  const room = (await syncClient(bob).next({ filter })).rooms.join[roomId];
  assert.deepEqual(room.timeline.events, [{ content: { body: 'needle' } }]);
  assert.equal(room.timeline.limited, false);
});

test('the federation format shows the PDU', async () => {
  const roomId = await sharedRoom();
  const client = syncClient(bob);
  await client.next();
  await say(alice, roomId, 'signed');
  const reply = await client.next({ filter: { event_format: 'federation' } });
  const [event] = reply.rooms.join[roomId].timeline.events;
  assert.ok(event.signatures && event.hashes && event.auth_events);
  assert.equal(event.content.body, 'signed');
});

test('an event that was redacted after it came is told without its content', async () => {
  const roomId = await sharedRoom();
  const client = syncClient(bob);
  await client.next();
  const eventId = await say(alice, roomId, 'secret');
  await alice.call('PUT', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/redact/${eventId}/once`, {});
  const tables = await homeserver.startProcess();
  for (const baseUrl of [homeserver.baseUrl, tables.url]) {
    const reply = await fetch(`${baseUrl}/_matrix/client/v3/sync?since=${client.since}`, {
      headers: { authorization: `Bearer ${bob.accessToken}` },
    });
    const [event, redaction] = ((await reply.json()) as AnyJson).rooms.join[roomId].timeline.events;
    assert.equal(event.event_id, eventId);
    assert.deepEqual(event.content, {});
    assert.equal(event.unsigned.redacted_because.event_id, redaction.event_id);
  }
  await tables.stop();
});

test('the whole redaction is told with what it redacted, however long its reason', async () => {
  const roomId = await sharedRoom();
  const client = syncClient(bob);
  await client.next();
  const eventId = await say(alice, roomId, 'secret');
  const reason = 'x'.repeat(5_000);
  await alice.call('PUT', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/redact/${eventId}/long`, { reason });
  const [event, redaction] = (await client.next()).rooms.join[roomId].timeline.events;
  assert.deepEqual([event.event_id, event.content], [eventId, {}]);
  const { redacted_because: because } = event.unsigned;
  assert.deepEqual([because.event_id, because.content.reason], [redaction.event_id, reason]);
});

test('account data of a room, such as tags, is told though nothing else happened in the room', async () => {
  const roomId = await sharedRoom();
  const client = syncClient(bob);
  await client.next();
  const path = `/_matrix/client/v3/user/${bob.userId}/rooms/${encodeURIComponent(roomId)}/tags/m.favourite`;
  const waiting = client.next({ timeout: 10_000 });
  await bob.call('PUT', path, { order: 0.5 });
  const tags = [{ type: 'm.tag', content: { tags: { 'm.favourite': { order: 0.5 } } } }];
  assert.deepEqual((await waiting).rooms.join[roomId].account_data.events, tags);
  const first = (await syncClient(bob).next()).rooms.join[roomId];
  assert.deepEqual(first.account_data.events, tags);
  await bob.call('DELETE', path);
  assert.deepEqual((await client.next()).rooms.join[roomId].account_data.events, [
    { type: 'm.tag', content: { tags: {} } },
  ]);
});

test('push rules are account data, told at first and when they change', async () => {
  const user = await registerUser(homeserver.baseUrl, 'ruler');
  const client = syncClient(user);
  const rulesIn = (reply: AnyJson) =>
    reply.account_data?.events.find((event: AnyJson) => event.type === 'm.push_rules')?.content.global;
  assert.ok(rulesIn(await client.next()).override.length > 5);
  assert.equal(rulesIn(await client.next()), undefined);
  await user.call('PUT', '/_matrix/client/v3/pushrules/global/content/tea', { pattern: 'tea', actions: ['notify'] });
  assert.equal(rulesIn(await client.next()).content[0].rule_id, 'tea');
});

for (const [story, query] of Object.entries({
  'a token that is none': 'since=x',
  'a token that no log has reached': 'since=s1_9007199254740991',
  'a token for shards that do not exist': 'since=s1_0_1',
  'a timeout below zero': 'timeout=-1',
  'a presence that nobody knows': 'set_presence=busy',
})) {
  test(`refused with M_INVALID_PARAM: ${story}`, async () => {
    const { status, body } = await bob.send('GET', `/_matrix/client/v3/sync?${query}`);
    assert.deepEqual([status, body.errcode], [400, 'M_INVALID_PARAM']);
  });
}

for (const [story, filter, expected] of [
  ['a filter that is no JSON', '{', [400, 'M_NOT_JSON']],
  ['a filter of the wrong form', '{"room":1}', [400, 'M_BAD_JSON']],
  ['a filter id that was never given', 'nothing', [404, 'M_NOT_FOUND']],
] as const) {
  test(`refused with ${expected[1]}: ${story}`, async () => {
    const { status, body } = await bob.send('GET', `/_matrix/client/v3/sync?filter=${encodeURIComponent(filter)}`);
    assert.deepEqual([status, body.errcode], expected);
  });
}
