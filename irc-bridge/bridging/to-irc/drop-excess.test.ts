import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matrixMessage, openRoom, startTestBridge } from '../../testing/start-test-bridge.ts';
import { dropExcess } from './drop-excess.ts';

test('however much waits for IRC, it is brought to its bound at once, and all of it is told', async (t) => {
  const bridge = await startTestBridge('connections: relay', 'limits: { waiting_messages: 10 }');
  t.after(() => bridge.close());
  const { context } = bridge.bridge.bridge;
  const roomId = await openRoom(bridge);
  bridge.irc.isConnected = false;
  const event = JSON.stringify(matrixMessage(roomId, 'x', { event_id: 'ID' }));
  await context.sql`
    INSERT INTO outbox (room_id, event_id, event)
    SELECT ${roomId}, '$' || n, replace(${event}, 'ID', '$' || n) FROM generate_series(1, 1800) AS n`;
  await dropExcess(context);
  const [row] = await context.sql`SELECT count(*) AS count, max(position) AS newest FROM outbox`;
  assert.deepEqual({ ...row }, { count: 10, newest: 10 });
  const told = bridge.homeserver.messages(roomId).map((text) => Number(/ (\d+) messages of /.exec(text)?.[1]));
  assert.equal(
    told.reduce((sum, count) => sum + count, 0),
    1_790,
  );
});
