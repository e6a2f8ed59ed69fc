import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uploadAllKeys } from '../../../testing/cross-signing-user.ts';
import { type FakeServer, startFakeServer } from '../../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let one: FederatedHomeserver;
let two: FederatedHomeserver;
let fake: FakeServer;
/** Of the first server. */
let alice: TestUser;
/** Of the second. */
let bob: TestUser;

before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  [one, two] = federation.homeservers as [FederatedHomeserver, FederatedHomeserver];
  [fake, alice, bob] = await Promise.all([
    startFakeServer(federation.network, 'fake.test'),
    registerUser(one.baseUrl, 'alice'),
    registerUser(two.baseUrl, 'bob'),
  ]);
});
after(async () => {
  await fake.stop();
  await federation.stop();
});

const query = (reader: TestUser, wishes: object, timeout?: number) =>
  reader.call('POST', '/_matrix/client/v3/keys/query', { device_keys: wishes, ...(timeout && { timeout }) });
const claim = (reader: TestUser, claims: object) =>
  reader.call('POST', '/_matrix/client/v3/keys/claim', { one_time_keys: claims });
const askOne = (method: string, path: string, body?: object) =>
  fake.send(one.baseUrl, 'one.test', method, `/_matrix/federation/v1/${path}`, body as never);

test('keys of a user of another server come from there, with the signatures that the reader made', async () => {
  const { userId, deviceId } = alice;
  const theirs = await uploadAllKeys(alice);
  const own = await uploadAllKeys(bob);
  const reply = await query(bob, { [userId]: [] });
  assert.deepEqual(reply.failures, {});
  assert.deepEqual(reply.device_keys[userId][deviceId], { ...theirs.deviceKeys, unsigned: {} });
  assert.deepEqual(reply.master_keys[userId], theirs.crossSigning.master_key);
  assert.deepEqual(reply.self_signing_keys[userId], theirs.crossSigning.self_signing_key);
  assert.deepEqual(reply.user_signing_keys, {});
  const signed = own.userSigning.sign(theirs.crossSigning.master_key);
  const uploaded = await bob.call('POST', '/_matrix/client/v3/keys/signatures/upload', {
    [userId]: { [theirs.master.publicKey]: signed, OTHER: signed },
  });
  assert.deepEqual(Object.keys(uploaded.failures[userId]), ['OTHER']);
  assert.deepEqual((await query(bob, { [userId]: [] })).master_keys[userId], signed);
  const atHome = await query(alice, { [userId]: [] });
  assert.deepEqual(atHome.master_keys[userId], theirs.crossSigning.master_key, 'nobody else sees it');
});

test('one-time keys of another server are given out in order and once, then the fallback key', async () => {
  const { userId, deviceId } = await registerUser(one.baseUrl, 'owner').then(async (owner) => {
    for (const id of ['D', 'A']) {
      const keys = { one_time_keys: { [`signed_curve25519:${id}`]: { key: id } } };
      await owner.call('POST', '/_matrix/client/v3/keys/upload', keys);
    }
    const fallback = { fallback_keys: { 'signed_curve25519:F': { key: 'F', fallback: true } } };
    await owner.call('POST', '/_matrix/client/v3/keys/upload', fallback);
    return owner;
  });
  const claimed: string[] = [];
  for (let count = 0; count < 4; count++) {
    const reply = await claim(bob, { [userId]: { [deviceId]: 'signed_curve25519', GONE: 'signed_curve25519' } });
    assert.deepEqual([Object.keys(reply.one_time_keys[userId]), reply.failures], [[deviceId], {}]);
    claimed.push(...Object.keys(reply.one_time_keys[userId][deviceId]));
  }
  assert.deepEqual(
    claimed,
    ['D', 'A', 'F', 'F'].map((id) => `signed_curve25519:${id}`),
  );
});

test('a server that hangs or is not there costs its own users only', async () => {
  const hung = await startFakeServer(federation.network, 'hung.test');
  hung.answer('/_matrix/federation/v1/user/devices/%40x%3Ahung.test', () => undefined);
  const wishes = { '@x:hung.test': [], '@x:absent.test': [], [alice.userId]: [], [bob.userId]: [] };
  const reply = await query(bob, wishes, 1_000);
  assert.deepEqual(Object.keys(reply.failures).sort(), ['absent.test', 'hung.test']);
  assert.ok(reply.device_keys[alice.userId][alice.deviceId] && reply.device_keys[bob.userId]);
  const claims = { '@x:absent.test': { D: 'a' }, [bob.userId]: { D: 'a' } };
  assert.deepEqual(Object.keys((await claim(bob, claims)).failures), ['absent.test']);
  await hung.stop();
});

test('keys are asked for again where the connection was closed under the question', async () => {
  const userId = '@claimed:fake.test';
  const path = '/_matrix/federation/v1/user/keys/claim';
  const answer = { one_time_keys: { [userId]: { D: { 'signed_curve25519:A': { key: 'A' } } } } };
  const claimed = async () => await claim(bob, { [userId]: { D: 'signed_curve25519' } });
  fake.answer(path, answer);
  await claimed();
  let isClosed = false;
  fake.answer(path, (response) => {
    if (isClosed) return answer;
    isClosed = true;
    return void response.destroy();
  });
  const reply = await claimed();
  assert.deepEqual([reply.one_time_keys, reply.failures], [answer.one_time_keys, {}]);
});

test('what a server says of users of another one is not believed', async () => {
  const stranger = { user_id: '@other:else.test', device_id: 'D', keys: {}, algorithms: [], signatures: {} };
  fake.answer('/_matrix/federation/v1/user/devices/%40liar%3Afake.test', {
    ...{ user_id: '@liar:fake.test', stream_id: 1, master_key: { user_id: '@other:else.test' } },
    devices: [{ device_id: 'D', keys: stranger }],
  });
  const reply = await query(bob, { '@liar:fake.test': [] });
  assert.deepEqual([reply.device_keys, reply.master_keys, reply.failures], [{}, {}, {}]);
});

test('a server is given the devices that have keys, and the keys that others may see', async () => {
  const user = await registerUser(one.baseUrl, 'listed');
  const path = `user/devices/${encodeURIComponent(user.userId)}`;
  const before = await askOne('GET', path);
  assert.deepEqual(before.body, { user_id: user.userId, stream_id: 0, devices: [] });
  const keys = await uploadAllKeys(user);
  await user.call('PUT', `/_matrix/client/v3/devices/${user.deviceId}`, { display_name: 'Phone' });
  const { status, body } = await askOne('GET', path);
  assert.equal(status, 200);
  assert.ok(body.stream_id > 0);
  assert.deepEqual(body.devices, [{ device_id: user.deviceId, keys: keys.deviceKeys, device_display_name: 'Phone' }]);
  assert.deepEqual(body.master_key, keys.crossSigning.master_key);
  assert.deepEqual(body.self_signing_key, keys.crossSigning.self_signing_key);
  assert.equal(body.user_signing_key, undefined);
  const queried = await askOne('POST', 'user/keys/query', { device_keys: { [user.userId]: [], '@x:fake.test': [] } });
  assert.deepEqual(Object.keys(queried.body), ['device_keys', 'master_keys', 'self_signing_keys']);
  assert.deepEqual(Object.keys(queried.body.device_keys), [user.userId]);
  const unsigned = { device_display_name: 'Phone' };
  assert.deepEqual(queried.body.device_keys[user.userId][user.deviceId], { ...keys.deviceKeys, unsigned });
});

test('questions about users of other servers, of nobody and without a signature are refused', async () => {
  const refusals = await Promise.all([
    askOne('GET', 'user/devices/@x:fake.test'),
    askOne('GET', 'user/devices/@nobody:one.test'),
    askOne('POST', 'user/keys/query', {}),
    askOne('POST', 'user/keys/claim', { one_time_keys: { [alice.userId]: ['D'] } }),
    askOne('GET', 'query/profile?user_id=@x:fake.test'),
    askOne('GET', 'query/profile?user_id=@nobody:one.test'),
    askOne('GET', 'query/profile?user_id=@user1:localhost:http&field=displayname'),
  ]);
  assert.deepEqual(
    refusals.map(({ status, body }) => [status, body.errcode]),
    [
      [400, 'M_INVALID_PARAM'],
      [404, 'M_NOT_FOUND'],
      [400, 'M_BAD_JSON'],
      [400, 'M_BAD_JSON'],
      [400, 'M_INVALID_PARAM'],
      [404, 'M_NOT_FOUND'],
      [400, 'M_INVALID_PARAM'],
    ],
  );
  const path = `/_matrix/federation/v1/user/devices/${alice.userId}`;
  assert.equal((await request(one.baseUrl, 'GET', path)).status, 401);
});

test('a profile is had over servers, whole or a field, and not of who is gone', async () => {
  const user = await registerUser(one.baseUrl, 'profiled');
  await user.call('PUT', `/_matrix/client/v3/profile/${user.userId}/displayname`, { displayname: 'Alice Cooper' });
  await user.call('PUT', `/_matrix/client/v3/profile/${user.userId}/m.tz`, { 'm.tz': 'Europe/Berlin' });
  const whole = { displayname: 'Alice Cooper', 'm.tz': 'Europe/Berlin' };
  const profile = `/_matrix/client/v3/profile/${user.userId}`;
  assert.deepEqual((await request(two.baseUrl, 'GET', profile)).body, whole);
  assert.deepEqual((await request(two.baseUrl, 'GET', `${profile}/m.tz`)).body, { 'm.tz': 'Europe/Berlin' });
  assert.equal((await request(two.baseUrl, 'GET', `${profile}/avatar_url`)).body.errcode, 'M_NOT_FOUND');
  const field = await askOne('GET', `query/profile?user_id=${user.userId}&field=displayname`);
  assert.deepEqual(field.body, { displayname: 'Alice Cooper' });
  assert.deepEqual((await askOne('GET', `query/profile?user_id=${user.userId}&field=avatar_url`)).body, {});
  assert.deepEqual((await askOne('GET', `query/profile?user_id=${user.userId}`)).body, whole);
  const auth = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: user.userId },
    password: user.password,
  };
  await user.call('POST', '/_matrix/client/v3/account/deactivate', { auth });
  assert.equal((await askOne('GET', `query/profile?user_id=${user.userId}`)).status, 404);
  const devices = await askOne('GET', `user/devices/${user.userId}`);
  assert.deepEqual(devices.body.devices, []);
});

test('a profile that a server does not give is an error in words', async () => {
  fake.answer('/_matrix/federation/v1/query/profile', (response) => {
    response.statusCode = 403;
    return { errcode: 'M_FORBIDDEN', error: 'No' };
  });
  const ask = async (userId: string) => {
    const { status, body } = await request(two.baseUrl, 'GET', `/_matrix/client/v3/profile/${userId}`);
    return [status, body.errcode];
  };
  assert.deepEqual(await ask('@shy:fake.test'), [403, 'M_FORBIDDEN']);
  assert.deepEqual(await ask('@nobody:one.test'), [404, 'M_NOT_FOUND']);
  assert.deepEqual(await ask('@x:absent.test'), [502, 'M_UNKNOWN']);
});
