import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { request } from '../../../testing/test-user.ts';

const secret = 'a shared secret';
const path = '/_synapse/admin/v1/register';
let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver({
    config: { 'registration.mode': 'closed', 'registration.shared_secret': secret },
  });
});
after(() => homeserver.stop());

const getNonce = async () => (await request(homeserver.baseUrl, 'GET', path)).body.nonce as string;
const sign = (parts: readonly string[], key = secret) => createHmac('sha1', key).update(parts.join('\0')).digest('hex');
const register = (body: object) => request(homeserver.baseUrl, 'POST', path, { body });

test('who knows the secret makes accounts although registration is closed, and administrators', async () => {
  const nonce = await getNonce();
  const mac = sign([nonce, 'anton', 'long enough', 'admin']);
  const { status, body } = await register({ nonce, username: 'anton', password: 'long enough', admin: true, mac });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.user_id, body.home_server], ['@anton:test.example', 'test.example']);
  const lock = await request(homeserver.baseUrl, 'GET', '/_matrix/client/v1/admin/lock/@x:test.example', {
    token: body.access_token,
  });
  assert.equal(lock.status, 404);
  const { acts } = (await request(homeserver.baseUrl, 'GET', '/_holdfast/v1/admin/audit', { token: body.access_token }))
    .body;
  assert.deepEqual(
    [acts[0].operator, acts[0].target, acts[0].outcome],
    ['shared secret', '@anton:test.example', 'done'],
  );
  const again = await register({ nonce, username: 'anton', password: 'long enough', admin: true, mac });
  assert.equal(again.body.errcode, 'M_USER_IN_USE');
});

test('a nonce is good on every process', async () => {
  const other = await homeserver.startProcess();
  const { nonce } = (await request(other.url, 'GET', path)).body;
  const mac = sign([nonce, 'berta', 'long enough', 'notadmin']);
  assert.equal((await register({ nonce, username: 'berta', password: 'long enough', mac })).status, 200);
});

test('a wrong secret, another role, and a made-up nonce are refused', async () => {
  const nonce = await getNonce();
  const user = { nonce, username: 'mallory', password: 'long enough' };
  const right = sign([nonce, 'mallory', 'long enough', 'notadmin']);
  const other = sign([nonce, 'mallory', 'long enough', 'notadmin'], 'other');
  assert.equal((await register({ ...user, mac: other })).body.errcode, 'M_FORBIDDEN');
  assert.equal((await register({ ...user, admin: true, mac: right })).body.errcode, 'M_FORBIDDEN');
  assert.equal((await register({ ...user, mac: 'ü' })).body.errcode, 'M_FORBIDDEN');
  const madeUp = sign(['nonce', 'mallory', 'long enough', 'notadmin']);
  assert.equal((await register({ ...user, nonce: 'nonce', mac: madeUp })).status, 400);
});

test('without a secret in the configuration there is no such operation', async () => {
  const without = await startTestHomeserver();
  const reply = await request(without.baseUrl, 'GET', path);
  assert.deepEqual([reply.status, reply.body.errcode], [404, 'M_UNRECOGNIZED']);
  await without.stop();
});
