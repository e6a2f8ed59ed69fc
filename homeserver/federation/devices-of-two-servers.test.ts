import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeDeviceKeys, makeSigningKey } from '../testing/cross-signing-user.ts';
import { createTestRoom, readUpTo, say } from '../testing/room-actions.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type SyncClient, syncClient } from '../testing/sync-client.ts';
import { type AnyJson, loginUser, registerUser, type TestUser } from '../testing/test-user.ts';

let federation: FederatedHomeservers;
let one: FederatedHomeserver;
let two: FederatedHomeserver;

before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  [one, two] = federation.homeservers as [FederatedHomeserver, FederatedHomeserver];
});
after(() => federation.stop());

let pairs = 0;
/** A user of each server, with clients that have synced. */
async function makePair(): Promise<[TestUser, TestUser, SyncClient, SyncClient]> {
  const number = pairs++;
  const alice = await registerUser(one.baseUrl, `alice${number}`);
  const bob = await registerUser(two.baseUrl, `bob${number}`);
  const clients = [syncClient(alice), syncClient(bob)] as const;
  await Promise.all(clients.map((client) => client.next()));
  return [alice, bob, ...clients];
}

const join = (user: TestUser, roomId: string) =>
  user.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?via=one.test`, {});
const leave = (user: TestUser, roomId: string) =>
  user.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/leave`, {});
/** Gives the device new keys, and returns them. */
async function uploadKeys(user: TestUser): Promise<object> {
  const keys = makeDeviceKeys(user, makeSigningKey(user.userId, user.deviceId));
  await user.call('POST', '/_matrix/client/v3/keys/upload', { device_keys: keys });
  return keys;
}
async function keysOf(reader: TestUser, { userId, deviceId }: TestUser): Promise<object | undefined> {
  const reply = await reader.call('POST', '/_matrix/client/v3/keys/query', { device_keys: { [userId]: [] } });
  assert.deepEqual(reply.failures, {});
  const { unsigned: _name, ...keys } = reply.device_keys[userId]?.[deviceId] ?? {};
  return keys;
}
/** Goes on until a sync tells exactly this of device lists. */
const untilLists = (client: SyncClient, changed: readonly TestUser[], left: readonly TestUser[] = []) =>
  client.until((reply) => {
    const ids = (users: readonly TestUser[]) => JSON.stringify(users.map(({ userId }) => userId).sort());
    const { changed: told = [], left: gone = [] } = reply.device_lists ?? {};
    return JSON.stringify(told.sort()) === ids(changed) && JSON.stringify(gone.sort()) === ids(left);
  });

test('who begins to share a room hears of the other once, and then of each new device', async () => {
  const [alice, bob, aliceClient, bobClient] = await makePair();
  const roomId = await createTestRoom(alice);
  await aliceClient.next();
  await join(bob, roomId);
  await untilLists(aliceClient, [bob]);
  await untilLists(bobClient, [alice, bob]);
  const second = await loginUser(alice, 'SECOND');
  const keys = await uploadKeys(second);
  await untilLists(aliceClient, [alice]);
  await untilLists(bobClient, [alice]);
  assert.deepEqual(await keysOf(bob, second), keys);
  const replaced = await uploadKeys(second);
  await untilLists(bobClient, [alice]);
  assert.deepEqual(await keysOf(bob, second), replaced);
  await second.call('POST', '/_matrix/client/v3/logout', {});
  await untilLists(bobClient, [alice]);
  assert.deepEqual(await keysOf(bob, second), {});
});

test('a device that came while the other server was away is known after it is back, both restarted', async () => {
  const [alice, bob, aliceClient, bobClient] = await makePair();
  const keys = await uploadKeys(alice);
  const roomId = await createTestRoom(alice);
  await join(bob, roomId);
  await untilLists(bobClient, [alice, bob]);
  assert.deepEqual(await keysOf(bob, alice), keys);
  await aliceClient.next();
  await two.restart(async () => {
    await uploadKeys(alice);
    await one.restart();
  });
  await untilLists(bobClient, [alice]);
  assert.notDeepEqual(await keysOf(bob, alice), keys);
});

test('who shares no room any more is told of as gone, then of nothing, and anew after meeting again', async () => {
  const [alice, bob, aliceClient] = await makePair();
  const first = await uploadKeys(bob);
  const roomId = await createTestRoom(alice);
  await aliceClient.next();
  await join(bob, roomId);
  await untilLists(aliceClient, [bob]);
  assert.deepEqual(await keysOf(alice, bob), first);
  await leave(bob, roomId);
  await untilLists(aliceClient, [], [bob]);
  const second = await uploadKeys(bob);
  assert.deepEqual(await keysOf(alice, bob), second, 'the copy is not used');
  assert.equal((await aliceClient.next()).device_lists?.changed.length ?? 0, 0);
  const third = await uploadKeys(bob);
  await join(bob, roomId);
  await untilLists(aliceClient, [bob]);
  assert.deepEqual(await keysOf(alice, bob), third);
});

test('typing, receipts, presence and messages to devices cross over', async () => {
  const [alice, bob, aliceClient, bobClient] = await makePair();
  const roomId = await createTestRoom(alice);
  await join(bob, roomId);
  const inRoom = (path: string) => `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${path}`;
  const ephemeral = (reply: AnyJson, type: string) =>
    reply.rooms?.join?.[roomId]?.ephemeral?.events.find((event: AnyJson) => event.type === type)?.content;
  await bobClient.next();
  await alice.call('PUT', inRoom(`typing/${alice.userId}`), { typing: true, timeout: 30_000 });
  await bobClient.until((reply) => ephemeral(reply, 'm.typing')?.user_ids.includes(alice.userId));
  const eventId = await say(alice, roomId, 'read me');
  const isThere = (reply: AnyJson) =>
    reply.rooms?.join?.[roomId]?.timeline.events.some((event: AnyJson) => event.event_id === eventId);
  await bobClient.until(isThere);
  await readUpTo(bob, roomId, eventId);
  await aliceClient.until((reply) => ephemeral(reply, 'm.receipt')?.[eventId]?.['m.read']?.[bob.userId] !== undefined);
  await bob.call('PUT', `/_matrix/client/v3/presence/${bob.userId}/status`, { presence: 'online', status_msg: 'hi' });
  await aliceClient.until((reply) =>
    reply.presence?.events.some((event: AnyJson) => event.sender === bob.userId && event.content.status_msg === 'hi'),
  );
  const messages = { [bob.userId]: { '*': { secret: 1 } } };
  await alice.call('PUT', '/_matrix/client/v3/sendToDevice/test.type/t', { messages });
  const told = await bobClient.until((reply) => reply.to_device !== undefined);
  assert.deepEqual(told.to_device.events, [{ type: 'test.type', sender: alice.userId, content: { secret: 1 } }]);
});
