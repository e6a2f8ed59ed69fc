import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, say } from '../testing/room-actions.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../testing/test-user.ts';

let federation: FederatedHomeservers;
let one: FederatedHomeserver;
let two: FederatedHomeserver;
let anna: TestUser;
let bob: TestUser;
/** Where nobody listens. */
const closedPort = 9;

before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  [one, two] = federation.homeservers as [FederatedHomeserver, FederatedHomeserver];
  [anna, bob] = await Promise.all([registerUser(one.baseUrl, 'anna'), registerUser(two.baseUrl, 'bob')]);
});

after(() => federation.stop());

async function messages(user: TestUser, roomId: string): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
  const { chunk } = await user.call('GET', path);
  return chunk.flatMap((event: AnyJson) => (event.type === 'm.room.message' ? [event.content.body] : [])).toReversed();
}

async function waitForMessages(user: TestUser, roomId: string, count: number): Promise<string[]> {
  for (;;) {
    const found = await messages(user, roomId);
    if (found.length >= count) return found;
    await one.context.clock.sleep(50);
  }
}

/** Bob's syncs until the room is where it is wanted. */
async function waitUntilIn(part: 'invite' | 'leave', roomId: string): Promise<void> {
  const filter = encodeURIComponent(JSON.stringify({ room: { include_leave: true } }));
  for (;;) {
    const { rooms = {} } = await bob.call('GET', `/_matrix/client/v3/sync?filter=${filter}`);
    if (rooms[part]?.[roomId]) return;
    await one.context.clock.sleep(50);
  }
}

test('what was said while one could not reach the other is on both sides afterwards, each message once', async () => {
  const roomId = await createTestRoom(anna);
  await bob.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?via=one.test`, {});
  await say(anna, roomId, 'a1');
  assert.deepEqual(await waitForMessages(bob, roomId, 1), ['a1']);
  await say(bob, roomId, 'b1');
  assert.deepEqual(await waitForMessages(anna, roomId, 2), ['a1', 'b1']);

  // Bob's server can reach Anna's, and not the other way round.
  const restarted = await two.restart();
  federation.network.addServer('two.test', closedPort);
  for (const text of ['a2', 'a3', 'a4']) await say(anna, roomId, text);
  await say(bob, roomId, 'b2');
  assert.deepEqual((await waitForMessages(anna, roomId, 6)).toSorted(), ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
  assert.deepEqual(await messages(bob, roomId), ['a1', 'b1', 'b2']);

  federation.network.addServer('two.test', Number(new URL(restarted.tlsUrl ?? '').port));
  const onBobsSide = await waitForMessages(bob, roomId, 6);
  assert.deepEqual(onBobsSide.toSorted(), ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
  assert.deepEqual(
    onBobsSide.filter((text) => text.startsWith('a')),
    ['a1', 'a2', 'a3', 'a4'],
  );
});

test('an invitation that is taken back is gone on the other server', async () => {
  const roomId = await createTestRoom(anna, { preset: 'private_chat' });
  const call = (action: string) =>
    anna.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${action}`, { user_id: bob.userId });
  await call('invite');
  await waitUntilIn('invite', roomId);
  await call('kick');
  await waitUntilIn('leave', roomId);
});
