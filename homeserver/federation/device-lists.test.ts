import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { type CollectedTransactions, collectTransactions } from '../testing/collect-transactions.ts';
import { makeCrossSigningKey, makeDeviceKeys, makeSigningKey, uploadAllKeys } from '../testing/cross-signing-user.ts';
import { putRemoteMember } from '../testing/put-remote-member.ts';
import { createTestRoom } from '../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type AnyJson, loginUser, registerUser, type TestUser } from '../testing/test-user.ts';
import { receiveEdu } from './receive-edu.ts';

let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
/** Of the process that runs. */
let context: Context;
let fake: FakeServer;
let received: CollectedTransactions;
let alice: TestUser;
let roomId: string;
/** Users of the fake server whose lists it gives. */
const lists = new Map<string, JsonObject>();

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  context = homeserver.context;
  fake = await startFakeServer(federation.network, 'fake.test');
  received = collectTransactions(fake);
  fake.answer('/_matrix/federation/v1/user/devices/', (response, { url }) => {
    const list = lists.get(decodeURIComponent(url.split('/').at(-1) ?? ''));
    if (!list) response.statusCode = 503;
    return list ?? { errcode: 'M_UNKNOWN', error: 'later' };
  });
  alice = await registerUser(homeserver.baseUrl, 'alice');
  roomId = await makeRoom();
});
after(async () => {
  await fake.stop();
  await federation.stop();
});

async function restart(): Promise<void> {
  context = (await homeserver.restart()).context;
}

/** A room of alice in which the fake server is. */
async function makeRoom(): Promise<string> {
  const made = await createTestRoom(alice);
  await putRemoteMember(context, made, `@member:fake.test`);
  await restart();
  return made;
}

/** A device of a user of the fake server, as its server lists it. */
function makeDevice(userId: string, deviceId: string) {
  const keys = makeDeviceKeys({ userId, deviceId } as TestUser, makeSigningKey(userId, deviceId));
  return { device_id: deviceId, keys };
}

/** A member of the room, whose list has a device A and is at stream id 10. */
async function makeMember(localpart: string, room = roomId) {
  const userId = `@${localpart}:fake.test`;
  const device = makeDevice(userId, 'A');
  lists.set(userId, { user_id: userId, stream_id: 10, devices: [device] });
  await putRemoteMember(context, room, userId);
  return { userId, device };
}

const query = async (userId: string) =>
  await alice.call('POST', '/_matrix/client/v3/keys/query', { device_keys: { [userId]: [] } });
const deviceIds = async (userId: string) => Object.keys((await query(userId)).device_keys[userId] ?? {});
const timesAsked = (userId: string) =>
  fake.requests.filter(({ url }) => url.endsWith(`/user/devices/${encodeURIComponent(userId)}`)).length;
const sync = async (since?: string, timeoutMs = 0): Promise<AnyJson> =>
  await alice.call('GET', `/_matrix/client/v3/sync?timeout=${timeoutMs}${since ? `&since=${since}` : ''}`);
const receive = (edu_type: string, content: JsonObject) => receiveEdu(context, 'fake.test', { edu_type, content });

/** The token with which a sync told that a user's list changed. */
async function untilChanged(userId: string, since: string): Promise<string> {
  for (let token = since; ; ) {
    const reply = await sync(token, 10_000);
    if (reply.device_lists?.changed.includes(userId)) return reply.next_batch;
    token = reply.next_batch;
  }
}

/** EDUs of a type that the fake server has been sent; resolves when there are so many. */
async function sentEdus(type: string, userId: string, count: number): Promise<AnyJson[]> {
  for (;;) {
    const arrivals = received.arrived.length;
    const edus: AnyJson[] = received.acknowledged.flatMap(({ edus: all }) => all);
    const found = edus.filter(({ edu_type, content }) => edu_type === type && content.user_id === userId);
    if (found.length >= count) return found.map(({ content }) => content);
    await received.arrivals(arrivals + 1);
  }
}

test('a list is asked for once, kept, and brought up to date by updates that follow each other', async () => {
  const { userId, device } = await makeMember('followed');
  assert.deepEqual((await query(userId)).device_keys[userId], { A: { ...device.keys, unsigned: {} } });
  assert.deepEqual(await deviceIds(userId), ['A']);
  const { next_batch: since } = await sync();
  const added = { user_id: userId, ...makeDevice(userId, 'B'), device_display_name: 'Phone' };
  const update = { ...added, stream_id: 11, prev_id: [10] };
  assert.equal(await receive('m.device_list_update', update), 'received');
  await receive('m.device_list_update', update);
  const then = await untilChanged(userId, since);
  const { B } = (await query(userId)).device_keys[userId];
  assert.deepEqual(B, { ...added.keys, unsigned: { device_display_name: 'Phone' } });
  await receive('m.device_list_update', {
    user_id: userId,
    device_id: 'A',
    deleted: true,
    stream_id: 12,
    prev_id: [11],
  });
  await untilChanged(userId, then);
  assert.deepEqual(await deviceIds(userId), ['B']);
  assert.equal(timesAsked(userId), 1);
});

test('a missing update makes the server ask for the whole list, and clients hear of it', async () => {
  const { userId } = await makeMember('missed');
  assert.deepEqual(await deviceIds(userId), ['A']);
  const { next_batch: since } = await sync();
  const devices = [makeDevice(userId, 'B'), makeDevice(userId, 'C')];
  lists.set(userId, { user_id: userId, stream_id: 15, devices });
  await receive('m.device_list_update', { user_id: userId, ...devices[1], stream_id: 15, prev_id: [14] });
  await untilChanged(userId, since);
  assert.deepEqual(await deviceIds(userId), ['B', 'C']);
  await receive('m.device_list_update', { user_id: userId, ...makeDevice(userId, 'D'), stream_id: 16, prev_id: [15] });
  assert.deepEqual(await deviceIds(userId), ['B', 'C', 'D']);
});

test('a list that could not be had is asked for again when its server is heard of, also after a restart', async () => {
  const { userId, device } = await makeMember('later');
  lists.delete(userId);
  assert.deepEqual(Object.keys((await query(userId)).failures), ['fake.test']);
  await restart();
  const { next_batch: since } = await sync();
  lists.set(userId, { user_id: userId, stream_id: 10, devices: [device] });
  // As with every transaction, the server shows that it is there.
  const profile = `/_matrix/federation/v1/query/profile?user_id=${alice.userId}`;
  await fake.send(homeserver.baseUrl, 'one.test', 'GET', profile);
  await receive('m.device_list_update', { user_id: userId, device_id: 'X', stream_id: 10, prev_id: [9] });
  await untilChanged(userId, since);
  assert.deepEqual(await deviceIds(userId), ['A']);
});

test("new cross-signing keys replace those of the copy, and only a user's own server may say so", async () => {
  const { userId } = await makeMember('signing');
  await query(userId);
  const { next_batch: since } = await sync();
  const [master, selfSigning] = [makeSigningKey(userId), makeSigningKey(userId)];
  const update = {
    user_id: userId,
    master_key: makeCrossSigningKey(userId, 'master', master.publicKey),
    self_signing_key: makeCrossSigningKey(userId, 'self_signing', selfSigning.publicKey, master),
  };
  assert.equal(await receive('m.signing_key_update', update), 'received');
  await untilChanged(userId, since);
  const reply = await query(userId);
  assert.deepEqual(reply.master_keys[userId], update.master_key);
  assert.deepEqual(reply.self_signing_keys[userId], update.self_signing_key);
  const liars = [
    await receiveEdu(context, 'other.test', { edu_type: 'm.signing_key_update', content: update }),
    await receiveEdu(context, 'other.test', {
      edu_type: 'm.device_list_update',
      content: { user_id: userId, device_id: 'A', deleted: true, stream_id: 11, prev_id: [10] },
    }),
    await receive('m.device_list_update', { user_id: userId, device_id: 'A', stream_id: 'x' }),
  ];
  assert.deepEqual(liars, ['refused', 'refused', 'refused']);
  assert.deepEqual(await deviceIds(userId), ['A']);
});

test('of who shares no room any more nothing is kept and nothing is told', async () => {
  const left = await makeRoom();
  const { userId } = await makeMember('gone', left);
  assert.deepEqual(await deviceIds(userId), ['A']);
  await alice.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(left)}/leave`, {});
  const { next_batch: since } = await sync();
  lists.set(userId, { user_id: userId, stream_id: 11, devices: [makeDevice(userId, 'B')] });
  await receive('m.device_list_update', { user_id: userId, ...makeDevice(userId, 'B'), stream_id: 11, prev_id: [10] });
  assert.deepEqual(await deviceIds(userId), ['B'], 'what was copied is not used');
  assert.equal((await sync(since)).device_lists?.changed.includes(userId) ?? false, false);
});

test('a copy that is still there after its user left the last shared room is not answered from', async () => {
  const left = await makeRoom();
  const { userId } = await makeMember('late', left);
  await query(userId);
  await alice.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(left)}/leave`, {});
  const kept = () => context.database`SELECT FROM remote_device_list WHERE user_id = ${userId}`;
  while ((await kept()).length > 0);
  // As in the moment between the leave and the end of the copy.
  await context.database`
    INSERT INTO remote_device_list (user_id, server, shard, stream_id, is_stale, mark)
    VALUES (${userId}, 'fake.test', 0, 10, false, 1)`;
  lists.set(userId, { user_id: userId, stream_id: 11, devices: [makeDevice(userId, 'B')] });
  assert.deepEqual(await deviceIds(userId), ['B']);
});

test("a local user's devices are told to the servers that share a room, each update after the one before", async () => {
  await makeMember('listener');
  const bob = await registerUser(homeserver.baseUrl, 'bob');
  await bob.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  const [joined] = await sentEdus('m.device_list_update', bob.userId, 1);
  assert.deepEqual(joined, { user_id: bob.userId, device_id: bob.deviceId, stream_id: 0, prev_id: [0] });
  const keys = await uploadAllKeys(bob);
  const second = await loginUser(bob, 'SECOND');
  await bob.call('PUT', `/_matrix/client/v3/devices/${bob.deviceId}`, { display_name: 'Phone' });
  const signed = keys.selfSigning.sign(keys.deviceKeys);
  await bob.call('POST', '/_matrix/client/v3/keys/signatures/upload', { [bob.userId]: { [bob.deviceId]: signed } });
  await second.call('POST', '/_matrix/client/v3/logout', {});
  const updates = (await sentEdus('m.device_list_update', bob.userId, 5)).slice(1);
  assert.deepEqual(
    updates.map(({ device_id, deleted }) => [device_id, deleted]),
    [
      [bob.deviceId, undefined],
      [bob.deviceId, undefined],
      [bob.deviceId, undefined],
      ['SECOND', true],
    ],
  );
  assert.deepEqual(
    updates.map(({ prev_id }) => prev_id),
    [[0], ...updates.slice(0, -1).map(({ stream_id }) => [stream_id])],
  );
  assert.deepEqual(updates[2].keys, signed);
  assert.equal(updates[2].device_display_name, 'Phone');
  const [signing] = await sentEdus('m.signing_key_update', bob.userId, 1);
  assert.deepEqual(signing, {
    user_id: bob.userId,
    master_key: keys.crossSigning.master_key,
    self_signing_key: keys.crossSigning.self_signing_key,
  });
});
