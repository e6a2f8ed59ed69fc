import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRoom, startTestBridge } from '../../testing/start-test-bridge.ts';
import { InboxBound } from './inbox-bound.ts';

test('beyond its bound a channel’s messages are not kept, those of others are, and the room is told how many', async (t) => {
  const bridge = await startTestBridge('connections: relay', 'limits: { waiting_from_irc: 3 }');
  t.after(() => bridge.close());
  const { context } = bridge.bridge.bridge;
  const roomId = await openRoom(bridge);
  const bound = new InboxBound(context);
  const [room, other] = [
    { network: 'net', target: '#room' },
    { network: 'net', target: '#other' },
  ];
  await bound.look();
  assert.ok(bound.admits(room));
  bridge.homeserver.refuse = (asked) => (asked.includes('/send/') ? { status: 503, body: {} } : undefined);
  for (const text of ['a', 'b', 'c']) bridge.irc.message('#room', 'bob', text);
  await bridge.homeserver.until(() => bridge.homeserver.requests.some((asked) => asked.includes('/send/')));
  await bound.look();
  assert.deepEqual([bound.admits(room), bound.admits(room), bound.admits(other)], [false, false, true]);
  assert.equal(bound.untold, 1);
  // Of nicks there may be any number.
  await context.sql`INSERT INTO inbox (network, target, identity, event)
    SELECT 'net', 'drone' || n, 'drone' || n, '{}' FROM generate_series(1, 150) AS n`;
  await bound.look();
  for (let number = 0; number < 100; number++) assert.ok(!bound.admits({ network: 'net', target: `spam${number}` }));
  assert.equal(bound.untold, 1);
  await context.sql`DELETE FROM inbox WHERE target LIKE 'drone%'`;
  bridge.homeserver.refuse = () => undefined;
  await bridge.homeserver.until(() => bridge.homeserver.messages(roomId).some((text) => text.endsWith(': c')));
  while (bridge.bridge.bridge.inbox.activeKeys > 0) await new Promise(setImmediate);
  await bound.look();
  assert.match(bridge.homeserver.messages(roomId).at(-1) ?? '', /: 2 messages of #room did not get here/);
  assert.ok(bound.admits(room));
});
