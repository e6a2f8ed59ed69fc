import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Context } from '../platform/context.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { changeMembership } from './change-membership.ts';
import { createRoom } from './create-room.ts';
import { sendMessageEvent } from './send-event.ts';

let server: TestContext;
before(async () => {
  server = await startTestContext();
});
after(() => server.stop());

const creator = '@alice:test';

function makeRoom(context: Context, version = '12') {
  return createRoom(context, version, {
    creator,
    preset: 'public_chat',
    creationContent: {},
    powerLevelOverride: {},
    initialState: [],
    invite: [],
    isDirect: false,
    originServerTs: context.clock.wallMs(),
  });
}

function send(context: Context, roomId: string, transactionId: string, userId = creator) {
  return sendMessageEvent(context, {
    roomId,
    userId,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: transactionId },
    transaction: { deviceId: 'DEVICE', transactionId },
  });
}

for (const version of ['1', '3', '11', '12']) {
  test(`a message in a room of version ${version} is stored once, in the order of its acknowledgement`, async () => {
    const { context } = server;
    const { roomId } = await makeRoom(context, version);
    const first = await send(context, roomId, 'one');
    const second = await send(context, roomId, 'two');
    const rows = await context.database<{ id: string }[]>`
      SELECT event_id AS id FROM event WHERE room = (SELECT id FROM room WHERE room_id = ${roomId})
      AND flags & 16 = 0 ORDER BY position`;
    assert.deepEqual(
      rows.map((row) => row.id),
      [first.eventId, second.eventId],
    );
  });
}

test('the same transaction id gives the same event, at once and after a take-over', async () => {
  const { context } = server;
  const { roomId } = await makeRoom(context);
  const [first, twin] = await Promise.all([send(context, roomId, 'twin'), send(context, roomId, 'twin')]);
  assert.equal(first.eventId, twin.eventId);
  const { context: other } = await server.startAnother();
  assert.equal((await send(other, roomId, 'twin')).eventId, first.eventId);
  await server.shardLog.close();
  assert.equal((await send(other, roomId, 'twin')).eventId, first.eventId);
  assert.deepEqual(other.shardLog.ownedShards(), [0]);
  await server.stop();
  server = await startTestContext();
});

test('a user who is not in the room is refused, and one who left', async () => {
  const { context } = server;
  const { roomId } = await makeRoom(context);
  const bob = '@bob:test';
  await assert.rejects(send(context, roomId, 'a', bob), { errcode: 'M_FORBIDDEN' });
  await changeMembership(context, { roomId, action: 'join', sender: bob, target: bob });
  await send(context, roomId, 'b', bob);
  await changeMembership(context, { roomId, action: 'leave', sender: bob, target: bob });
  await assert.rejects(send(context, roomId, 'c', bob), { errcode: 'M_FORBIDDEN' });
});

test('a state change closes one span and opens one', async () => {
  const { context } = server;
  const { roomId } = await makeRoom(context);
  const bob = '@bob:test';
  await changeMembership(context, { roomId, action: 'join', sender: bob, target: bob });
  const room = await findRoom(context, roomId);
  assert.ok(room);
  const joined = await readState(context, room, { keys: [['m.room.member', bob]] });
  await changeMembership(context, { roomId, action: 'leave', sender: bob, target: bob });
  const left = await readState(context, room, { keys: [['m.room.member', bob]] });
  assert.deepEqual(
    [joined, left].map((events) => events.map((event) => event.pdu.content['membership'])),
    [['join'], ['leave']],
  );
  const position = joined[0]?.position ?? 0;
  const then = await readState(context, room, { keys: [['m.room.member', bob]], at: position });
  assert.equal(then[0]?.eventId, joined[0]?.eventId);
  assert.deepEqual(await readState(context, room, { keys: [['m.room.member', bob]], at: position - 1 }), []);
});

test('the tail carries every committed event in order and without a gap, on every process', async () => {
  const { context } = server;
  const { context: other } = await server.startAnother();
  const start = context.shardLog.tail.position(0);
  const { roomId } = await makeRoom(context);
  const sent = await Promise.all(Array.from({ length: 50 }, (_, index) => send(context, roomId, `m${index}`)));
  const wanted = new Set(sent.map((event) => event.eventId));
  for (const process of [context, other]) {
    const seen = await collectUntil(process, start, wanted);
    assert.equal(seen.size, wanted.size);
  }
});

function collectUntil(context: Context, start: number, wanted: ReadonlySet<string>): Promise<Set<string>> {
  const seen = new Set<string>();
  return new Promise((resolve) => {
    const look = () => {
      for (const entry of context.shardLog.tail.entriesAfter(0, start) ?? []) {
        if (entry.kind === 'event' && wanted.has(entry.body.eventId)) seen.add(entry.body.eventId);
      }
      if (seen.size === wanted.size) {
        stop();
        resolve(seen);
      }
    };
    const stop = context.shardLog.tail.subscribe(look);
    look();
  });
}
