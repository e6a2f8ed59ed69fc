import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseFilter } from '@holdfast/protocol/filters/parse-filter.ts';
import { decodeSyncToken } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import { setReceipt } from '../ephemeral/set-receipt.ts';
import { setTyping } from '../ephemeral/set-typing.ts';
import type { Context } from '../platform/context.ts';
import { changeMembership } from '../rooms/change-membership.ts';
import { createRoom } from '../rooms/create-room.ts';
import { sendMessageEvent } from '../rooms/send-event.ts';
import { countQueries, type QueryCount } from '../testing/count-queries.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { answerSync } from './answer-sync.ts';
import type { SyncRequest } from './sync-request.ts';

const alice = '@alice:test';
const bob = '@bob:test';
const fewRooms = 3;
const manyRooms = 40;

let server: TestContext;
let counted: QueryCount;
let transactions = 0;

before(async () => {
  server = await startTestContext();
  counted = countQueries(server.context);
  // Names of event types and the like are read once in the life of a process.
  await roomsOf('@warm:test', 1);
  await makeClient(counted.context, '@warm:test').next();
});
after(() => server.stop());

async function makeRoom(context: Context): Promise<string> {
  const { roomId } = await createRoom(context, '12', {
    creator: alice,
    preset: 'public_chat',
    creationContent: {},
    powerLevelOverride: {},
    initialState: [],
    canonicalAlias: undefined,
    name: undefined,
    topic: 'counted',
    invite: [],
    isDirect: false,
    published: false,
    originServerTs: context.clock.wallMs(),
  });
  return roomId;
}

const join = (roomId: string, userId: string) =>
  changeMembership(server.context, { roomId, action: 'join', sender: userId, target: userId });

const say = (roomId: string, userId = alice) =>
  sendMessageEvent(server.context, {
    roomId,
    userId,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: 'hello' },
    transaction: { deviceId: 'D', transactionId: `t${transactions++}` },
  });

/** A client that goes on from its newest token. */
function makeClient(context: Context, userId: string, lazy = false, timeline: JsonObject = {}, deviceId = 'D') {
  const json = { room: { timeline, state: { lazy_load_members: lazy } } };
  const filter = parseFilter(json).filter as SyncRequest['filter'];
  let since: readonly number[] | undefined;
  return {
    async next(from = since) {
      const { signal } = new AbortController();
      const options = { fullState: false, useStateAfter: false, timeoutMs: 0, signal };
      const text = await answerSync(context, { userId, deviceId, filter, since: from, ...options });
      const reply = JSON.parse(text);
      since = decodeSyncToken(reply.next_batch);
      return reply;
    },
  };
}

async function roomsOf(userId: string, count: number): Promise<string[]> {
  const roomIds: string[] = [];
  for (let i = 0; i < count; i++) {
    const roomId = await makeRoom(server.context);
    await join(roomId, userId);
    await say(roomId);
    roomIds.push(roomId);
  }
  return roomIds;
}

for (const lazy of [false, true]) {
  test(`an initial sync costs the same few queries for many rooms as for few (lazy members: ${lazy})`, async () => {
    const costs: number[] = [];
    for (const count of [fewRooms, manyRooms]) {
      const userId = `@rooms${count}${lazy ? 'lazy' : ''}:test`;
      await roomsOf(userId, count);
      counted.take();
      const reply = await makeClient(counted.context, userId, lazy).next();
      costs.push(counted.take());
      assert.equal(Object.keys(reply.rooms.join).length, count);
    }
    const [few = 0, many = 0] = costs;
    // Names that are met for the first time may cost one more.
    assert.ok(many <= few + 1, `${few} queries for few rooms, ${many} for many`);
    assert.ok(many <= 18, `${many} queries`);
  });
}

test('what is in memory costs no query, whoever does what in the room', async () => {
  const [roomId = ''] = await roomsOf(bob, 1);
  const client = makeClient(counted.context, bob);
  await client.next();
  await say(roomId);
  await client.next();
  const { eventId } = await say(roomId);
  const deeds: [string, () => Promise<unknown>][] = [
    ['a message', () => say(roomId)],
    ['several messages', () => Promise.all([say(roomId), say(roomId), say(roomId)])],
    ['typing', () => setTyping(server.context, { roomId, userId: alice }, { typing: true })],
    ['a receipt', () => setReceipt(server.context, { roomId, userId: alice }, { type: 'm.read', eventId })],
    ["one's own message", () => say(roomId, bob)],
  ];
  await client.next();
  for (const [deed, act] of deeds) {
    await act();
    counted.take();
    const reply = await client.next();
    assert.ok(reply.rooms.join[roomId], deed);
    assert.equal(counted.take(), 0, `${deed} cost queries`);
  }
  await client.next();
  assert.equal(counted.take(), 0, 'nothing new cost queries');
});

/** Looks so far that were answered by `collectMessages`. */
async function messageLooks(): Promise<number> {
  const { body } = await server.context.metrics.expose();
  return Number(/^holdfast_sync_look_seconds_count\{source="messages"\} (\d+)/m.exec(body)?.[1] ?? 0);
}

/** Without what depends on the moment and on the device that asks. */
const shownToAll = (reply: object) =>
  JSON.parse(JSON.stringify(reply, (key, value) => (key === 'age' || key === 'transaction_id' ? undefined : value)));

for (const lazy of [false, true]) {
  test(`messages are told the short way as they are the long way (lazy members: ${lazy})`, async () => {
    const userId = `@short${lazy}:test`;
    const [roomId = '', other = ''] = await roomsOf(userId, 2);
    const elsewhere = await makeRoom(server.context);
    const short = makeClient(counted.context, userId, lazy);
    // The same, but for a filter that the short way leaves alone.
    const long = makeClient(counted.context, userId, lazy, { not_types: ['never'] }, 'OTHER');
    const deeds: [string, boolean, () => Promise<unknown>][] = [
      ['nothing', true, async () => {}],
      ['a message', true, () => say(roomId)],
      ['messages in two rooms', true, () => Promise.all([say(roomId), say(other), say(roomId)])],
      ['more than fit', true, () => Promise.all(Array.from({ length: 12 }, () => say(roomId)))],
      ['a message elsewhere', true, () => say(elsewhere)],
      ["one's own message", false, () => say(roomId, userId)],
      ['a state event', false, () => join(roomId, `@new${lazy}:test`)],
      ['a message of who came', true, () => say(roomId, `@new${lazy}:test`)],
    ];
    for (const client of [short, long]) await client.next();
    await say(roomId);
    await say(other);
    for (const client of [short, long]) await client.next();
    for (const [deed, isShort, act] of deeds) {
      await act();
      const before = await messageLooks();
      const reply = await short.next();
      assert.equal((await messageLooks()) - before, isShort ? 1 : 0, deed);
      assert.deepEqual(shownToAll(reply), shownToAll(await long.next()), deed);
    }
    const { next_batch: token } = await short.next();
    await say(roomId);
    await short.next();
    const before = await messageLooks();
    const reply = await short.next(decodeSyncToken(token));
    assert.equal((await messageLooks()) - before, lazy ? 0 : 1, 'who comes back may have forgotten the members');
    assert.equal(reply.rooms.join[roomId].state.events.length, lazy ? 1 : 0);
  });
}

test('a member who comes costs no query once summary and presence are known', async () => {
  const [roomId = ''] = await roomsOf('@host:test', 1);
  const client = makeClient(counted.context, '@host:test');
  await client.next();
  await join(roomId, '@first:test');
  await client.next();
  await join(roomId, '@second:test');
  counted.take();
  const { summary } = (await client.next()).rooms.join[roomId];
  assert.equal(summary['m.joined_member_count'], 4);
  // Of '@second:test' nothing was heard.
  assert.equal(counted.take(), 1);
  const other = await makeRoom(server.context);
  await join(other, '@host:test');
  await client.next();
  await join(other, '@first:test');
  await client.next();
  await join(other, '@second:test');
  counted.take();
  await client.next();
  assert.equal(counted.take(), 0);
});

test('an old token costs the same few queries for many rooms as for few', async () => {
  const costs: number[] = [];
  for (const count of [fewRooms, manyRooms]) {
    const userId = `@old${count}:test`;
    const roomIds = await roomsOf(userId, count);
    const first = await makeClient(counted.context, userId).next();
    for (const roomId of roomIds) for (let i = 0; i < 12; i++) await say(roomId);
    const other = await server.startAnother();
    const fresh = countQueries(other.context);
    const client = makeClient(fresh.context, userId);
    const reply = await client.next(decodeSyncToken(first.next_batch));
    costs.push(fresh.take());
    assert.equal(Object.keys(reply.rooms.join).length, count);
    assert.equal(reply.rooms.join[roomIds[0] ?? ''].timeline.limited, true);
  }
  const [few = 0, many = 0] = costs;
  assert.ok(many <= few, `${few} queries for few rooms, ${many} for many`);
  assert.ok(many <= 18, `${many} queries`);
});
