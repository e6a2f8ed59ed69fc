import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Context } from '../platform/context.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readShardPosition } from '../storage/rooms/read-shard-position.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { createRoom } from './create-room.ts';
import { loadHotRoom } from './load-hot-room.ts';
import { headOf, type PreparedRooms, prepareRooms, roomsToGoOnWith } from './prepared-rooms.ts';
import { sendMessageEvent, sendStateEvent } from './send-event.ts';

const creator = '@alice:test';

let server: TestContext;
before(async () => {
  server = await startTestContext({ HOLDFAST_PROCESS_LEASE_MS: '60000' });
});
after(() => server.stop());

async function makeRoom(context: Context): Promise<string> {
  const { roomId } = await createRoom(context, '12', {
    creator,
    preset: 'public_chat',
    creationContent: {},
    powerLevelOverride: {},
    initialState: [],
    invite: [],
    isDirect: false,
    originServerTs: context.clock.wallMs(),
  });
  return roomId;
}

async function send(context: Context, roomId: string, transactionId: string): Promise<string> {
  const { eventId } = await sendMessageEvent(context, {
    roomId,
    userId: creator,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: transactionId },
    transaction: { deviceId: 'DEVICE', transactionId },
  });
  return eventId;
}

async function nameOf(context: Context, roomId: string): Promise<RoomName> {
  const name = await findRoom(context, roomId);
  assert.ok(name);
  return name;
}

/** What the owner would tell of a room whose state changed last at a position. */
async function tell(context: Context, roomId: string, changedAt: number) {
  const head = headOf(await loadHotRoom(context, await nameOf(context, roomId), changedAt));
  assert.ok(head);
  return head;
}

async function goOn(prepared: PreparedRooms, roomId: string, changedAt: number) {
  return roomsToGoOnWith(prepared, [await tell(server.context, roomId, changedAt)]);
}

test('a room goes on after messages that came while the next owner was reading it', async () => {
  const { context } = server;
  const roomId = await makeRoom(context);
  const changedAt = await readShardPosition(context, 0);
  const prepared = await prepareRooms(context, 0, [roomId]);
  const newest = await send(context, roomId, 'meanwhile');
  const [room] = await goOn(prepared, roomId, changedAt);
  assert.deepEqual(
    room?.extremities.map(({ eventId, depth }) => ({ eventId, depth })),
    [{ eventId: newest, depth: (await readEventById(context, newest))?.pdu.depth }],
  );
  assert.equal(room?.notifyOrdinal, 1);
});

test('a room whose state changed while the next owner was reading it is read again', async () => {
  const { context } = server;
  const roomId = await makeRoom(context);
  const prepared = await prepareRooms(context, 0, [roomId]);
  await sendStateEvent(context, {
    roomId,
    userId: creator,
    type: 'm.room.topic',
    stateKey: '',
    content: { topic: 'new' },
  });
  assert.deepEqual(await goOn(prepared, roomId, await readShardPosition(context, 0)), []);
});

test('a room that nobody told of is read again', async () => {
  const prepared = await prepareRooms(server.context, 0, [await makeRoom(server.context)]);
  assert.deepEqual(roomsToGoOnWith(prepared, []), []);
});

test('the next owner writes into a room that was in use without reading its state', async () => {
  const { context, shardLog } = server;
  const roomId = await makeRoom(context);
  const other = await makeRoom(context);
  const last = await send(context, roomId, 'last');
  const next = await server.startAnother();
  await shardLog.close();
  assert.deepEqual(next.shardLog.ownedShards(), [0]);
  const eventId = await next.context.database.begin(async (transaction) => {
    // Whoever looks at a room's state now waits until its patience is over.
    await transaction`LOCK TABLE room_state IN ACCESS EXCLUSIVE MODE`;
    return await send(next.context, roomId, 'first');
  });
  const event = await readEventById(next.context, eventId);
  assert.deepEqual(event?.pdu.prev_events, [last]);
  assert.equal(event?.notifyOrdinal, 2);
  // The same request is recognised, whoever answered it.
  assert.equal(await send(next.context, roomId, 'last'), last);
  assert.ok(await send(next.context, other, 'first'));
});
