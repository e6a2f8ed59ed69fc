import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { loginUser, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver();
});
after(() => homeserver.stop());

const path = '/_matrix/client/v3/keys/upload';

function deviceKeys(user: TestUser, members: object = {}): object {
  const { userId, deviceId } = user;
  return {
    user_id: userId,
    device_id: deviceId,
    algorithms: ['m.olm.v1.curve25519-aes-sha2'],
    keys: { [`ed25519:${deviceId}`]: 'public' },
    signatures: { [userId]: { [`ed25519:${deviceId}`]: 'signature' } },
    ...members,
  };
}

const key = (text: string) => ({ key: text, signatures: {} });

test('uploaded one-time keys are counted by algorithm', async () => {
  const user = await registerUser(homeserver.baseUrl, 'counts');
  assert.deepEqual(await user.call('POST', path, {}), { one_time_key_counts: { signed_curve25519: 0 } });
  const keys = { 'signed_curve25519:A': key('a'), 'signed_curve25519:B': key('b'), 'curve25519:A': 'plain' };
  const counts = { one_time_key_counts: { signed_curve25519: 2, curve25519: 1 } };
  assert.deepEqual(await user.call('POST', path, { one_time_keys: keys }), counts);
  assert.deepEqual(await user.call('POST', path, { one_time_keys: keys }), counts, 'the same again adds nothing');
});

test('keys of another user or device are refused', async () => {
  const user = await registerUser(homeserver.baseUrl, 'strangers');
  for (const members of [{ user_id: '@other:test.example' }, { device_id: 'OTHER' }]) {
    const reply = await user.send('POST', path, { body: { device_keys: deviceKeys(user, members) } });
    assert.deepEqual([reply.status, reply.body.errcode], [400, 'M_INVALID_PARAM']);
  }
});

test('a one-time key id that has another content already is refused and stores nothing of the upload', async () => {
  const user = await registerUser(homeserver.baseUrl, 'conflict');
  await user.call('POST', path, { one_time_keys: { 'signed_curve25519:A': key('a') } });
  const body = { one_time_keys: { 'signed_curve25519:A': key('other'), 'signed_curve25519:B': key('b') } };
  const reply = await user.send('POST', path, { body });
  assert.deepEqual([reply.status, reply.body.errcode], [400, 'M_INVALID_PARAM']);
  assert.deepEqual(await user.call('POST', path, {}), { one_time_key_counts: { signed_curve25519: 1 } });
});

for (const [name, body, status, errcode] of [
  ['a key id without an algorithm', { one_time_keys: { AAAA: key('a') } }, 400, 'M_INVALID_PARAM'],
  ['a key that is a number', { one_time_keys: { 'curve25519:A': 5 } }, 400, 'M_INVALID_PARAM'],
  ['a key object without a key', { fallback_keys: { 'signed_curve25519:A': {} } }, 400, 'M_INVALID_PARAM'],
  ['a NUL in a key id', { one_time_keys: { 'curve25519:\u0000': 'a' } }, 400, 'M_INVALID_PARAM'],
  ['two fallback keys of one algorithm', { fallback_keys: { 'x:A': 'a', 'x:B': 'b' } }, 400, 'M_INVALID_PARAM'],
  ['a fraction in what is signed', { one_time_keys: { 'x:A': { key: 'a', n: 1.5 } } }, 400, 'M_INVALID_PARAM'],
  ['a huge key', { one_time_keys: { 'x:A': 'a'.repeat(9_000) } }, 413, 'M_TOO_LARGE'],
  ['device keys without algorithms', { device_keys: { user_id: 'a', device_id: 'b' } }, 400, 'M_BAD_JSON'],
] as const) {
  test(`${name} is refused`, async () => {
    const user = await registerUser(homeserver.baseUrl, `refused.${name.replace(/[^a-z]/gi, '').toLowerCase()}`);
    const reply = await user.send('POST', path, { body });
    assert.deepEqual([reply.status, reply.body.errcode], [status, errcode], JSON.stringify(reply.body));
  });
}

test('more one-time keys than a device may have are refused', async () => {
  const user = await registerUser(homeserver.baseUrl, 'toomany');
  const keys = Object.fromEntries(Array.from({ length: 600 }, (_, number) => [`curve25519:A${number}`, 'a']));
  await user.call('POST', path, { one_time_keys: keys });
  const more = Object.fromEntries(Array.from({ length: 600 }, (_, number) => [`curve25519:B${number}`, 'a']));
  assert.equal((await user.send('POST', path, { body: { one_time_keys: more } })).body.errcode, 'M_TOO_LARGE');
});

test('a deleted device takes its keys with it', async () => {
  const user = await registerUser(homeserver.baseUrl, 'deleter');
  const second = await loginUser(user, 'SECOND');
  await second.call('POST', path, {
    device_keys: deviceKeys(second),
    one_time_keys: { 'curve25519:A': 'a' },
    fallback_keys: { 'curve25519:F': 'f' },
  });
  await second.call('POST', '/_matrix/client/v3/logout');
  const queried = await user.call('POST', '/_matrix/client/v3/keys/query', { device_keys: { [user.userId]: [] } });
  assert.deepEqual(queried.device_keys, { [user.userId]: {} });
  const again = await loginUser(user, 'SECOND');
  assert.deepEqual(await again.call('POST', path, {}), { one_time_key_counts: { signed_curve25519: 0 } });
  const wish = { one_time_keys: { [user.userId]: { SECOND: 'curve25519' } } };
  assert.deepEqual((await user.call('POST', '/_matrix/client/v3/keys/claim', wish)).one_time_keys, {});
});
