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

const keysPath = '/_matrix/client/v3/keys/device_signing/upload';
const signaturesPath = '/_matrix/client/v3/keys/signatures/upload';

/** A user whose device and cross-signing keys are uploaded. */
async function makeVerifiedUser(username: string) {
  const user = await registerUser(homeserver.baseUrl, username);
  const { userId, deviceId } = user;
  const device = makeSigningKey(userId, deviceId);
  const [master, selfSigning, userSigning] = [1, 2, 3].map(() => makeSigningKey(userId)) as [
    ReturnType<typeof makeSigningKey>,
    ReturnType<typeof makeSigningKey>,
    ReturnType<typeof makeSigningKey>,
  ];
  const upload = {
    master_key: makeCrossSigningKey(userId, 'master', master.publicKey),
    self_signing_key: makeCrossSigningKey(userId, 'self_signing', selfSigning.publicKey, master),
    user_signing_key: makeCrossSigningKey(userId, 'user_signing', userSigning.publicKey, master),
  };
  const deviceKeys = makeDeviceKeys(user, device);
  await user.call('POST', '/_matrix/client/v3/keys/upload', { device_keys: deviceKeys });
  await user.call('POST', keysPath, upload);
  return { user, userId, deviceId, device, master, selfSigning, userSigning, upload, deviceKeys };
}

const query = async (reader: TestUser, userId: string) =>
  await reader.call('POST', '/_matrix/client/v3/keys/query', { device_keys: { [userId]: [] } });

test('uploaded keys are given to everybody, the user-signing key to its owner alone', async () => {
  const { user, userId, deviceId, upload, deviceKeys } = await makeVerifiedUser('published');
  const other = await registerUser(homeserver.baseUrl, 'reader');
  const own = await query(user, userId);
  assert.deepEqual(own.device_keys[userId][deviceId], { ...deviceKeys, unsigned: {} });
  assert.deepEqual(own.master_keys[userId], upload.master_key);
  assert.deepEqual(own.self_signing_keys[userId], upload.self_signing_key);
  assert.deepEqual(own.user_signing_keys[userId], upload.user_signing_key);
  const others = await query(other, userId);
  assert.deepEqual({ ...others, user_signing_keys: own.user_signing_keys }, own);
  assert.deepEqual(others.user_signing_keys, {});
});

test('a query names the devices it wants, tells their display names, and answers for users without keys', async () => {
  const { user, userId, deviceId } = await makeVerifiedUser('chosen');
  await user.call('PUT', `/_matrix/client/v3/devices/${deviceId}`, { display_name: 'Phone' });
  const bare = await registerUser(homeserver.baseUrl, 'bare');
  const wishes = { [userId]: ['GONE'], [bare.userId]: [], '@far:elsewhere.example': [] };
  const reply = await user.call('POST', '/_matrix/client/v3/keys/query', { device_keys: wishes, timeout: 10 });
  assert.deepEqual(reply.device_keys, { [userId]: {}, [bare.userId]: {} });
  assert.deepEqual(Object.keys(reply.failures), ['elsewhere.example']);
  const named = await user.call('POST', '/_matrix/client/v3/keys/query', { device_keys: { [userId]: [deviceId] } });
  assert.deepEqual(named.device_keys[userId][deviceId].unsigned, { device_display_name: 'Phone' });
});

test('the same keys may be uploaded again, others only with the password', async () => {
  const { user, userId, upload, selfSigning, deviceId } = await makeVerifiedUser('replacer');
  await user.call('POST', keysPath, upload);
  await user.call('POST', keysPath, { master_key: upload.master_key });
  const master = makeSigningKey(userId);
  const next = { master_key: makeCrossSigningKey(userId, 'master', master.publicKey) };
  const challenge = await user.call('POST', keysPath, next, 401);
  assert.deepEqual(challenge.flows, [{ stages: ['m.login.password'] }]);
  assert.deepEqual((await query(user, userId)).master_keys[userId], upload.master_key);
  const auth = {
    type: 'm.login.password',
    session: challenge.session,
    identifier: { type: 'm.id.user', user: userId },
    password: user.password,
  };
  await user.call('POST', keysPath, { ...next, auth });
  const keys = await query(user, userId);
  assert.deepEqual(keys.master_keys[userId], next.master_key);
  assert.deepEqual(keys.self_signing_keys, {}, 'what the old master key signed ended with it');
  const signed = { [deviceId]: selfSigning.sign(keys.device_keys[userId][deviceId]) };
  const { failures } = await user.call('POST', signaturesPath, { [userId]: signed });
  assert.equal(failures[userId][deviceId].errcode, 'M_INVALID_SIGNATURE');
});

test('of two first uploads at the same time one has to authenticate', async () => {
  const user = await registerUser(homeserver.baseUrl, 'racer');
  const uploads = [makeSigningKey(user.userId), makeSigningKey(user.userId)].map(({ publicKey }) =>
    user.send('POST', keysPath, { body: { master_key: makeCrossSigningKey(user.userId, 'master', publicKey) } }),
  );
  const statuses = (await Promise.all(uploads)).map(({ status }) => status);
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 401],
  );
});

test('wrong uploads are refused', async () => {
  const user = await registerUser(homeserver.baseUrl, 'wrong');
  const { userId } = user;
  const [master, stranger] = [makeSigningKey(userId), makeSigningKey(userId)];
  const masterKey = makeCrossSigningKey(userId, 'master', master.publicKey);
  const key = (members: object) => ({ master_key: { ...masterKey, ...members } });
  const deviceNamed = await loginUser(user, stranger.publicKey);
  const cases: [object, number, string][] = [
    [key({ user_id: '@other:test.example' }), 400, 'M_INVALID_PARAM'],
    [key({ usage: ['self_signing'] }), 400, 'M_INVALID_PARAM'],
    [key({ keys: {} }), 400, 'M_INVALID_PARAM'],
    [key({ keys: { 'ed25519:A': master.publicKey } }), 400, 'M_INVALID_PARAM'],
    [key({ keys: { 'ed25519:short': 'short' } }), 400, 'M_INVALID_PARAM'],
    [{ self_signing_key: makeCrossSigningKey(userId, 'self_signing', 'A') }, 400, 'M_INVALID_PARAM'],
    [{ self_signing_key: makeCrossSigningKey(userId, 'self_signing', master.publicKey) }, 400, 'M_MISSING_PARAM'],
    [
      {
        master_key: masterKey,
        self_signing_key: makeCrossSigningKey(userId, 'self_signing', makeSigningKey(userId).publicKey, stranger),
      },
      400,
      'M_INVALID_SIGNATURE',
    ],
    [{ master_key: makeCrossSigningKey(userId, 'master', deviceNamed.deviceId) }, 403, 'M_FORBIDDEN'],
    [{ master_key: 5 }, 400, 'M_BAD_JSON'],
  ];
  for (const [body, status, errcode] of cases) {
    const reply = await user.send('POST', keysPath, { body });
    assert.deepEqual([reply.status, reply.body.errcode], [status, errcode], JSON.stringify(body));
  }
  assert.deepEqual((await query(user, userId)).master_keys, {});
});

test('signatures on own devices and the own master key are shown to everybody', async () => {
  const { user, userId, deviceId, device, selfSigning, master, upload, deviceKeys } = await makeVerifiedUser('signer');
  const signed = selfSigning.sign(deviceKeys);
  const { failures } = await user.call('POST', signaturesPath, {
    [userId]: { [deviceId]: signed, [master.publicKey]: device.sign(upload.master_key) },
  });
  assert.deepEqual(failures, {});
  const other = await registerUser(homeserver.baseUrl, 'onlooker');
  const keys = await query(other, userId);
  assert.deepEqual(keys.device_keys[userId][deviceId].signatures, signed['signatures']);
  assert.deepEqual(keys.master_keys[userId], device.sign(upload.master_key));
});

test('a signature on another user’s master key is shown to its signer alone', async () => {
  const alice = await makeVerifiedUser('alice');
  const bob = await makeVerifiedUser('bob');
  const signed = alice.userSigning.sign(bob.upload.master_key);
  const { failures } = await alice.user.call('POST', signaturesPath, {
    [bob.userId]: { [bob.master.publicKey]: signed },
  });
  assert.deepEqual(failures, {});
  assert.deepEqual((await query(alice.user, bob.userId)).master_keys[bob.userId], signed);
  assert.deepEqual((await query(bob.user, bob.userId)).master_keys[bob.userId], bob.upload.master_key);
});

test('signatures that do not hold are refused one by one, and the others are stored', async () => {
  const { user, userId, deviceId, selfSigning, userSigning, master, deviceKeys, upload } =
    await makeVerifiedUser('mixed');
  const bob = await makeVerifiedUser('mixedpeer');
  const { failures } = await user.call('POST', signaturesPath, {
    [userId]: {
      [deviceId]: selfSigning.sign(deviceKeys),
      GONE: selfSigning.sign({ ...deviceKeys, device_id: 'GONE' }),
      [master.publicKey]: selfSigning.sign(upload.master_key),
    },
    [bob.userId]: {
      [bob.deviceId]: userSigning.sign(bob.deviceKeys),
      [bob.master.publicKey]: userSigning.sign({ ...bob.upload.master_key, extra: true }),
    },
    '@far:elsewhere.example': { KEY: userSigning.sign({}) },
  });
  const codes = Object.entries(failures).flatMap(([id, keys]) =>
    Object.entries(keys as Record<string, { errcode: string }>).map(([key, { errcode }]) => [id, key, errcode]),
  );
  assert.deepEqual(codes, [
    [userId, 'GONE', 'M_NOT_FOUND'],
    [userId, master.publicKey, 'M_INVALID_SIGNATURE'],
    [bob.userId, bob.deviceId, 'M_NOT_FOUND'],
    [bob.userId, bob.master.publicKey, 'M_INVALID_SIGNATURE'],
    ['@far:elsewhere.example', 'KEY', 'M_NOT_FOUND'],
  ]);
  const signatures = (await query(user, userId)).device_keys[userId][deviceId].signatures[userId];
  assert.deepEqual(Object.keys(signatures).length, 2);
});
