import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeCrossSigningKey, makeDeviceKeys, makeSigningKey } from '../../../testing/cross-signing-user.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { loginUser, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver();
});
after(() => homeserver.stop());

const sync = (user: TestUser, since?: string, timeoutMs = 0) =>
  user.call('GET', `/_matrix/client/v3/sync?timeout=${timeoutMs}${since === undefined ? '' : `&since=${since}`}`);

const counts = (reply: { device_one_time_keys_count: object; device_unused_fallback_key_types: string[] }) => [
  reply.device_one_time_keys_count,
  reply.device_unused_fallback_key_types,
];

test('a waiting sync tells of a message, and the next one has not got it again', async () => {
  const user = await registerUser(homeserver.baseUrl, 'waiting');
  const { next_batch: since } = await sync(user);
  const waiting = sync(user, since, 30_000);
  await user.call('PUT', '/_matrix/client/v3/sendToDevice/test.type/1', {
    messages: { [user.userId]: { [user.deviceId]: { a: 1 } } },
  });
  const reply = await waiting;
  assert.deepEqual(reply.to_device.events, [{ type: 'test.type', sender: user.userId, content: { a: 1 } }]);
  assert.deepEqual((await sync(user, since)).to_device.events, reply.to_device.events, 'asked again, told again');
  assert.equal((await sync(user, reply.next_batch)).to_device, undefined);
});

test('a sync tells how many keys are left, and wakes when one is claimed', async () => {
  const user = await registerUser(homeserver.baseUrl, 'counted');
  assert.deepEqual(counts(await sync(user)), [{ signed_curve25519: 0 }, []]);
  await user.call('POST', '/_matrix/client/v3/keys/upload', {
    one_time_keys: { 'signed_curve25519:A': { key: 'a' } },
    fallback_keys: { 'signed_curve25519:F': { key: 'f' } },
  });
  const first = await sync(user);
  assert.deepEqual(counts(first), [{ signed_curve25519: 1 }, ['signed_curve25519']]);
  const claim = () =>
    user.call('POST', '/_matrix/client/v3/keys/claim', {
      one_time_keys: { [user.userId]: { [user.deviceId]: 'signed_curve25519' } },
    });
  const waiting = sync(user, first.next_batch, 30_000);
  await claim();
  const second = await waiting;
  assert.deepEqual(counts(second), [{ signed_curve25519: 0 }, ['signed_curve25519']]);
  const waitingAgain = sync(user, second.next_batch, 30_000);
  await claim();
  assert.deepEqual(counts(await waitingAgain), [{ signed_curve25519: 0 }, []]);
});

test('changed devices are told from memory and from the tables alike, signatures to their signer alone', async () => {
  const alice = await registerUser(homeserver.baseUrl, 'alice');
  const bob = await registerUser(homeserver.baseUrl, 'bob');
  const room = await alice.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
  await bob.call('POST', `/_matrix/client/v3/rooms/${room.room_id}/join`, {});
  const [master, userSigning, bobMaster] = [alice, alice, bob].map((user) => makeSigningKey(user.userId));
  if (!master || !userSigning || !bobMaster) throw new Error('no keys');
  const bobKey = makeCrossSigningKey(bob.userId, 'master', bobMaster.publicKey);
  await bob.call('POST', '/_matrix/client/v3/keys/device_signing/upload', { master_key: bobKey });
  await alice.call('POST', '/_matrix/client/v3/keys/device_signing/upload', {
    master_key: makeCrossSigningKey(alice.userId, 'master', master.publicKey),
    user_signing_key: makeCrossSigningKey(alice.userId, 'user_signing', userSigning.publicKey, master),
  });
  const other = (await homeserver.startProcess()).url;
  const deeds: [name: string, seenByAlice: TestUser[], seenByBob: TestUser[], deed: () => Promise<unknown>][] = [
    ['keys', [bob], [bob], () => uploadDeviceKeys(bob)],
    ['signature', [bob], [], () => signKey(alice, bob, bobMaster.publicKey, userSigning.sign(bobKey))],
  ];
  for (const [name, seenByAlice, seenByBob, deed] of deeds) {
    const { next_batch: since } = await sync(alice);
    await deed();
    for (const [reader, seen] of [
      [alice, seenByAlice],
      [await loginUser(alice, undefined, other), seenByAlice],
      [bob, seenByBob],
    ] as const) {
      // The other process hears of it a moment later; who has nothing to hear does not wait.
      const changed = (await sync(reader, since, seen.length > 0 ? 10_000 : 0)).device_lists?.changed ?? [];
      assert.deepEqual(
        changed,
        seen.map((user) => user.userId),
        `${name} seen by ${reader.userId}`,
      );
    }
  }
});

const uploadDeviceKeys = (user: TestUser) =>
  user.call('POST', '/_matrix/client/v3/keys/upload', {
    device_keys: makeDeviceKeys(user, makeSigningKey(user.userId, user.deviceId)),
  });

const signKey = (signer: TestUser, owner: TestUser, publicKey: string, signed: object) =>
  signer.call('POST', '/_matrix/client/v3/keys/signatures/upload', { [owner.userId]: { [publicKey]: signed } });
