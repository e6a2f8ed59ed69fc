import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { putPushRule } from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import type { Context } from '../platform/context.ts';
import { eventFlags } from '../storage/rooms/event-row.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { changeMembership } from './change-membership.ts';
import { createRoom } from './create-room.ts';
import { sendMessageEvent } from './send-event.ts';

let server: TestContext;
before(async () => {
  server = await startTestContext();
});
after(() => server.stop());

const [alice, bob, carol] = ['@alice:test', '@bob:test', '@carol:test'] as const;
let sent = 0;

async function makeRoom(context: Context, ...members: string[]): Promise<string> {
  const { roomId } = await createRoom(context, '12', {
    creator: alice,
    preset: 'public_chat',
    creationContent: {},
    powerLevelOverride: {},
    initialState: [],
    invite: [],
    isDirect: false,
    originServerTs: context.clock.wallMs(),
  });
  for (const userId of members)
    await changeMembership(context, { roomId, action: 'join', sender: userId, target: userId });
  return roomId;
}

async function say(context: Context, roomId: string, content: JsonObject, userId: string = alice) {
  const { eventId } = await sendMessageEvent(context, {
    roomId,
    userId,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: 'hello', ...content },
    transaction: { deviceId: 'DEVICE', transactionId: `t${sent++}` },
  });
  const event = await readEventById(context, eventId);
  assert.ok(event);
  return event;
}

async function notificationsOf(context: Context, position: number): Promise<Record<string, number>> {
  const rows = await context.database<{ userId: string; flags: number }[]>`
    SELECT m.text AS "userId", n.flags FROM notification n JOIN name m ON m.id = n.member
    WHERE n.position = ${position}`;
  return Object.fromEntries(rows.map((row) => [row.userId, row.flags]));
}

test('a plain message counts once for everybody and writes a row for nobody', async () => {
  const { context } = server;
  const roomId = await makeRoom(context, bob, carol);
  const first = await say(context, roomId, {});
  const notice = await say(context, roomId, { msgtype: 'm.notice' });
  const second = await say(context, roomId, {});
  assert.deepEqual(
    [first, notice, second].map((event) => event.notifyOrdinal),
    [1, 1, 2],
  );
  assert.deepEqual(
    [first, notice].map((event) => event.flags & eventFlags.notifies),
    [eventFlags.notifies, 0],
  );
  assert.deepEqual(await notificationsOf(context, first.position), {});
});

test('a mention highlights for the mentioned member alone, not for who is not in the room nor for its sender', async () => {
  const { context } = server;
  const roomId = await makeRoom(context, bob);
  const event = await say(context, roomId, { 'm.mentions': { user_ids: [alice, bob, carol, '@x:elsewhere.example'] } });
  assert.deepEqual(await notificationsOf(context, event.position), { [bob]: 1 | 2 | 4 });
});

test('a mention of the whole room is one bit, when its sender may', async () => {
  const { context } = server;
  const roomId = await makeRoom(context, bob);
  const allowed = await say(context, roomId, { 'm.mentions': { room: true } });
  const refused = await say(context, roomId, { 'm.mentions': { room: true } }, bob);
  assert.deepEqual(
    [allowed, refused].map((event) => event.flags & eventFlags.highlightsAll),
    [eventFlags.highlightsAll, 0],
  );
});

test('a thread has a count of its own', async () => {
  const { context } = server;
  const roomId = await makeRoom(context, bob);
  const root = await say(context, roomId, {});
  const inThread = { 'm.relates_to': { rel_type: 'm.thread', event_id: root.eventId } };
  const replies = [await say(context, roomId, inThread), await say(context, roomId, inThread)];
  const after = await say(context, roomId, {});
  assert.deepEqual(
    replies.map((event) => [event.thread, event.notifyOrdinal]),
    [
      [root.position, 1],
      [root.position, 2],
    ],
  );
  assert.deepEqual([after.thread, after.notifyOrdinal], [null, 2]);
});

test('members with push rules of their own are judged by them, from the change on and from their join on', async () => {
  const { context } = server;
  const roomId = await makeRoom(context, bob);
  await say(context, roomId, {});
  const keyword = putPushRule(
    { own: {}, predefined: {} },
    'content',
    'cake',
    { pattern: 'cake', actions: ['notify', { set_tweak: 'highlight' }] },
    {},
  );
  assert.ok('changes' in keyword);
  const changes = JSON.stringify(keyword.changes);
  await context.database`
    INSERT INTO push_rule_changes (user_id, changes, shard, position) VALUES (${carol}, ${changes}, 0, 0)`;
  await changeMembership(context, { roomId, action: 'join', sender: carol, target: carol });
  const cake = await say(context, roomId, { body: 'there is cake' });
  assert.deepEqual(await notificationsOf(context, cake.position), { [carol]: 1 | 2 | 4 });
  await changeMembership(context, { roomId, action: 'leave', sender: carol, target: carol });
  const gone = await say(context, roomId, { body: 'no more cake' });
  assert.deepEqual(await notificationsOf(context, gone.position), {});
});
