import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeSyncToken } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import { makeCrossSigningKey, makeDeviceKeys, makeSigningKey } from '../../../testing/cross-signing-user.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { loginUser, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver({ config: { 'shards.count': 3 } });
});
after(() => homeserver.stop());

const token = () => encodeSyncToken(homeserver.context.shardLog.tail.positions());

async function changes(user: TestUser, from: string): Promise<{ changed: string[]; left: string[] }> {
  const path = `/_matrix/client/v3/keys/changes?from=${from}&to=${token()}`;
  const { changed, left } = await user.call('GET', path);
  return { changed: changed.sort(), left: left.sort() };
}

async function makeRoom(creator: TestUser, ...members: TestUser[]): Promise<string> {
  const { room_id: roomId } = await creator.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
  for (const member of members) await join(member, roomId);
  return roomId;
}

const join = (user: TestUser, roomId: string) => user.call('POST', `/_matrix/client/v3/rooms/${roomId}/join`, {});
const leave = (user: TestUser, roomId: string) => user.call('POST', `/_matrix/client/v3/rooms/${roomId}/leave`, {});

const uploadKeys = (user: TestUser) =>
  user.call('POST', '/_matrix/client/v3/keys/upload', {
    device_keys: makeDeviceKeys(user, makeSigningKey(user.userId, user.deviceId)),
  });

let users = 0;
const makeUsers = (count: number) =>
  Promise.all(Array.from({ length: count }, () => registerUser(homeserver.baseUrl, `user${users++}`)));

test('new keys, renamed and deleted devices are told to those who share a room, and to nobody else', async () => {
  const [alice, bob, carol] = (await makeUsers(3)) as [TestUser, TestUser, TestUser];
  await makeRoom(alice, bob);
  const second = await loginUser(bob, 'SECOND');
  const deeds: [string, () => Promise<unknown>][] = [
    ['keys', () => uploadKeys(bob)],
    ['name', () => bob.call('PUT', '/_matrix/client/v3/devices/SECOND', { display_name: 'New' })],
    ['logout', () => second.call('POST', '/_matrix/client/v3/logout')],
    [
      'cross-signing',
      () =>
        bob.call('POST', '/_matrix/client/v3/keys/device_signing/upload', {
          master_key: makeCrossSigningKey(bob.userId, 'master', makeSigningKey(bob.userId).publicKey),
        }),
    ],
  ];
  for (const [name, deed] of deeds) {
    const earlier = token();
    assert.deepEqual(await changes(alice, earlier), { changed: [], left: [] }, name);
    await deed();
    assert.deepEqual(await changes(alice, earlier), { changed: [bob.userId], left: [] }, name);
    assert.deepEqual(await changes(bob, earlier), { changed: [bob.userId], left: [] }, name);
    assert.deepEqual(await changes(carol, earlier), { changed: [], left: [] }, name);
  }
});

test('the same keys again change nothing', async () => {
  const [alice] = (await makeUsers(1)) as [TestUser];
  const keys = makeDeviceKeys(alice, makeSigningKey(alice.userId, alice.deviceId));
  await alice.call('POST', '/_matrix/client/v3/keys/upload', { device_keys: keys });
  const earlier = token();
  await alice.call('POST', '/_matrix/client/v3/keys/upload', { device_keys: keys });
  assert.deepEqual(await changes(alice, earlier), { changed: [], left: [] });
});

test('who joins, and whom one joins, has changed', async () => {
  const [alice, bob, carol] = (await makeUsers(3)) as [TestUser, TestUser, TestUser];
  const roomId = await makeRoom(alice, bob);
  const earlier = token();
  await join(carol, roomId);
  assert.deepEqual(await changes(alice, earlier), { changed: [carol.userId], left: [] });
  // She is told of herself too, for her other devices.
  assert.deepEqual((await changes(carol, earlier)).changed, [alice.userId, bob.userId, carol.userId].sort());
  const later = token();
  await bob.call('PUT', `/_matrix/client/v3/rooms/${roomId}/state/m.room.member/${bob.userId}`, {
    membership: 'join',
    displayname: 'Bob',
  });
  assert.deepEqual(await changes(alice, later), { changed: [], left: [] }, 'a profile is no membership');
});

test('who leaves, and whom one leaves, is left when no other room is shared', async () => {
  const [alice, bob, carol] = (await makeUsers(3)) as [TestUser, TestUser, TestUser];
  const roomId = await makeRoom(alice, bob, carol);
  await makeRoom(alice, carol);
  const earlier = token();
  await leave(bob, roomId);
  assert.deepEqual(await changes(alice, earlier), { changed: [], left: [bob.userId] });
  assert.deepEqual((await changes(bob, earlier)).left, [alice.userId, carol.userId].sort());
  const then = token();
  await leave(carol, roomId);
  assert.deepEqual(await changes(alice, then), { changed: [], left: [] }, 'another room is shared');
  const last = token();
  await uploadKeys(bob);
  assert.deepEqual(await changes(alice, last), { changed: [], left: [] });
});

test('a signature on another user’s key is a change for its signer alone', async () => {
  const [alice, bob] = (await makeUsers(2)) as [TestUser, TestUser];
  await makeRoom(alice, bob);
  const [master, userSigning] = [makeSigningKey(alice.userId), makeSigningKey(alice.userId)];
  const bobMaster = makeSigningKey(bob.userId);
  const bobKey = makeCrossSigningKey(bob.userId, 'master', bobMaster.publicKey);
  const path = '/_matrix/client/v3/keys/device_signing/upload';
  await bob.call('POST', path, { master_key: bobKey });
  await alice.call('POST', path, {
    master_key: makeCrossSigningKey(alice.userId, 'master', master.publicKey),
    user_signing_key: makeCrossSigningKey(alice.userId, 'user_signing', userSigning.publicKey, master),
  });
  const earlier = token();
  await alice.call('POST', '/_matrix/client/v3/keys/signatures/upload', {
    [bob.userId]: { [bobMaster.publicKey]: userSigning.sign(bobKey) },
  });
  assert.deepEqual(await changes(alice, earlier), { changed: [bob.userId], left: [] });
  assert.deepEqual(await changes(bob, earlier), { changed: [], left: [] });
});

test('what is no token is refused', async () => {
  const [alice] = (await makeUsers(1)) as [TestUser];
  const reply = await alice.send('GET', '/_matrix/client/v3/keys/changes?from=nonsense&to=s1_1');
  assert.deepEqual([reply.status, reply.body.errcode], [400, 'M_INVALID_PARAM']);
  const missing = await alice.send('GET', '/_matrix/client/v3/keys/changes?from=s1_1');
  assert.deepEqual([missing.status, missing.body.errcode], [400, 'M_MISSING_PARAM']);
});
