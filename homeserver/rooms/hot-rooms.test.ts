import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { shardOfRoom } from '../storage/names/shard-of.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { createRoom } from './create-room.ts';
import { sendMessageEvent } from './send-event.ts';

let server: TestContext;
// The smallest memory that may be configured holds some fifty rooms.
before(async () => {
  server = await startTestContext({ HOLDFAST_LIMITS_HOT_ROOM_BYTES: '1048576' });
});
after(() => server.stop());

test('rooms that were put out of memory go on where they stood', async () => {
  const { context } = server;
  const rooms = await Promise.all(
    Array.from({ length: 120 }, (_, index) =>
      createRoom(context, '11', {
        creator: '@alice:test',
        preset: 'private_chat',
        creationContent: {},
        powerLevelOverride: {},
        initialState: [],
        invite: [],
        isDirect: false,
        originServerTs: context.clock.wallMs() + index,
      }),
    ),
  );
  for (let round = 0; round < 2; round++) {
    const sent = await Promise.all(
      rooms.map(({ roomId }) =>
        sendMessageEvent(context, {
          roomId,
          userId: '@alice:test',
          type: 'm.room.message',
          content: { msgtype: 'm.text', body: `round ${round}` },
          transaction: { deviceId: 'DEVICE', transactionId: `r${round}` },
        }),
      ),
    );
    for (const [index, { eventId }] of sent.entries()) {
      const event = await readEventById(context, eventId);
      assert.equal(event?.roomId, rooms[index]?.roomId);
      assert.equal(event?.notifyOrdinal, round + 1);
      const [previous] = event?.pdu.prev_events ?? [];
      assert.ok(typeof previous === 'string');
      const before = await readEventById(context, previous);
      assert.equal(before?.pdu.depth, (event?.pdu.depth ?? 0) - 1, 'its parent is the newest event before it');
    }
  }
  assert.equal(await shardOfRoom(context, rooms[0]?.roomId ?? ''), 0);
});
