import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, leaveRoom, say } from '../../../testing/room-actions.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let alice: TestUser;
let bob: TestUser;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  const [one, two] = federation.homeservers as [FederatedHomeserver, FederatedHomeserver];
  [alice, bob] = await Promise.all([registerUser(one.baseUrl, 'alice'), registerUser(two.baseUrl, 'bob')]);
});
after(() => federation.stop());

async function join(roomId: string): Promise<void> {
  await bob.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?server_name=one.test`, {});
}

/** Ids of all that a user can page back to, oldest first. */
async function readBack(user: TestUser, roomId: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let from = ''; ; ) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=${limit}${from}`;
    const { chunk, end } = await user.call('GET', path);
    ids.push(...chunk.map((event: AnyJson) => event.event_id));
    if (end === undefined) return ids.toReversed();
    from = `&from=${end}`;
  }
}

/** Waits until a server knows that a user has left. */
async function waitForLeave(user: TestUser, roomId: string, userId: string): Promise<void> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${encodeURIComponent(userId)}`;
  for (;;) {
    const { membership } = await user.call('GET', path);
    if (membership === 'leave') return;
  }
}

test('who joins a room of another server reads its history, to the beginning and in order', async () => {
  const roomId = await createTestRoom(alice);
  const said: string[] = [];
  for (let index = 0; index < 120; index++) said.push(await say(alice, roomId, `message ${index}`));
  await join(roomId);
  const ids = await readBack(bob, roomId, 50);
  assert.deepEqual(
    ids.filter((eventId) => said.includes(eventId)),
    said,
  );
  const all = await readBack(alice, roomId, 500);
  assert.deepEqual(ids, all);
});

test('who left and comes back reads what was said meanwhile where it was said', async () => {
  const roomId = await createTestRoom(alice);
  await join(roomId);
  await leaveRoom(bob, roomId);
  await waitForLeave(alice, roomId, bob.userId);
  for (let index = 0; index < 110; index++) await say(alice, roomId, `message ${index}`);
  await join(roomId);
  assert.deepEqual(await readBack(bob, roomId, 40), await readBack(alice, roomId, 500));
});
