import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let otherProcessUrl: string;
before(async () => {
  homeserver = await startTestHomeserver();
  otherProcessUrl = (await homeserver.startProcess()).url;
});
after(() => homeserver.stop());

const uploadPath = '/_matrix/client/v3/keys/upload';
const claimPath = '/_matrix/client/v3/keys/claim';

async function claim(reader: TestUser, owner: TestUser): Promise<string | undefined> {
  const wish = { one_time_keys: { [owner.userId]: { [owner.deviceId]: 'signed_curve25519' } } };
  const { one_time_keys: keys } = await reader.call('POST', claimPath, wish);
  return Object.keys(keys[owner.userId]?.[owner.deviceId] ?? {})[0];
}

const oneTimeKeys = (ids: readonly string[]) => ({
  one_time_keys: Object.fromEntries(ids.map((id) => [`signed_curve25519:${id}`, { key: id }])),
});

test('one-time keys are given out in the order of their uploads', async () => {
  const owner = await registerUser(homeserver.baseUrl, 'ordered');
  // Not in the order of their names.
  for (const id of ['D', 'A', 'C', 'B']) await owner.call('POST', uploadPath, oneTimeKeys([id]));
  const claimed = [];
  for (let count = 0; count < 5; count++) claimed.push(await claim(owner, owner));
  const expected = ['D', 'A', 'C', 'B'].map((id) => `signed_curve25519:${id}`);
  assert.deepEqual(claimed, [...expected, undefined]);
});

test('claims at the same time on two processes never get the same key', async () => {
  const owner = await registerUser(homeserver.baseUrl, 'contended');
  const ids = Array.from({ length: 60 }, (_, number) => `K${number}`);
  await owner.call('POST', uploadPath, oneTimeKeys(ids));
  const elsewhere = { ...owner, call: (await asElsewhere(owner)).call };
  const claims = Array.from({ length: 80 }, (_, number) => claim(number % 2 === 0 ? owner : elsewhere, owner));
  const claimed = (await Promise.all(claims)).filter((id) => id !== undefined);
  assert.equal(claimed.length, 60);
  assert.equal(new Set(claimed).size, 60);
  assert.deepEqual(await owner.call('POST', uploadPath, {}), { one_time_key_counts: { signed_curve25519: 0 } });
});

async function asElsewhere(owner: TestUser): Promise<Pick<TestUser, 'call'>> {
  return {
    async call(method, path, body) {
      const response = await fetch(otherProcessUrl + path, {
        method,
        headers: { authorization: `Bearer ${owner.accessToken}` },
        body: JSON.stringify(body),
      });
      assert.equal(response.status, 200);
      return await response.json();
    },
  };
}

test('without one-time keys the fallback key is given out, again and again', async () => {
  const owner = await registerUser(homeserver.baseUrl, 'fallback');
  await owner.call('POST', uploadPath, {
    ...oneTimeKeys(['ONCE']),
    fallback_keys: { 'signed_curve25519:FALL': { key: 'f', fallback: true } },
  });
  const claimed = [await claim(owner, owner), await claim(owner, owner), await claim(owner, owner)];
  assert.deepEqual(claimed, ['signed_curve25519:ONCE', 'signed_curve25519:FALL', 'signed_curve25519:FALL']);
});

test('a claimed key does not come back when its upload is sent once more', async () => {
  const owner = await registerUser(homeserver.baseUrl, 'retried');
  await owner.call('POST', uploadPath, oneTimeKeys(['A']));
  assert.equal(await claim(owner, owner), 'signed_curve25519:A');
  await owner.call('POST', uploadPath, oneTimeKeys(['A']));
  assert.equal(await claim(owner, owner), undefined);
});

test('another algorithm, unknown devices and users of other servers get nothing, the last with a failure', async () => {
  const owner = await registerUser(homeserver.baseUrl, 'mixed');
  await owner.call('POST', uploadPath, oneTimeKeys(['A']));
  const { one_time_keys, failures } = await owner.call('POST', claimPath, {
    one_time_keys: {
      [owner.userId]: { [owner.deviceId]: 'other', 'NO\u0000DEVICE': 'signed_curve25519', GONE: 'signed_curve25519' },
      '@nobody:test.example': { A: 'signed_curve25519' },
      '@far:elsewhere.example': { A: 'signed_curve25519' },
      'no user id': { A: 'signed_curve25519' },
    },
  });
  assert.deepEqual(one_time_keys, {});
  assert.deepEqual(Object.keys(failures), ['elsewhere.example']);
});
