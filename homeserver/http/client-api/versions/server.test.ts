import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, request } from '../../../testing/test-user.ts';

test('what the server says about itself', async () => {
  const homeserver = await startTestHomeserver({ config: { 'support.admin_email': 'admin@test.example' } });
  const { baseUrl } = homeserver;
  const { body: versions } = await request(baseUrl, 'GET', '/_matrix/client/versions');
  assert.ok(versions.versions.includes('v1.1') && versions.versions.includes('v1.19'));
  const { body: client } = await request(baseUrl, 'GET', '/.well-known/matrix/client');
  assert.deepEqual(client, { 'm.homeserver': { base_url: baseUrl } });
  const { body: support } = await request(baseUrl, 'GET', '/.well-known/matrix/support');
  assert.deepEqual(support, { contacts: [{ email_address: 'admin@test.example', role: 'm.role.admin' }] });
  const user = await registerUser(baseUrl, 'user');
  const { capabilities } = await user.call('GET', '/_matrix/client/v3/capabilities');
  assert.equal(capabilities['m.room_versions'].default, '12');
  assert.equal(Object.keys(capabilities['m.room_versions'].available).length, 12);
  assert.deepEqual(capabilities['m.change_password'], { enabled: true });
  assert.deepEqual(await user.call('GET', '/_matrix/client/v3/account/3pid'), { threepids: [] });
  await homeserver.stop();
});

test('a configured address goes before the one that was used, and without contacts there is no support page', async () => {
  const homeserver = await startTestHomeserver({ config: { 'http.public_url': 'https://matrix.test.example/' } });
  const { body } = await request(homeserver.baseUrl, 'GET', '/.well-known/matrix/client');
  assert.deepEqual(body, { 'm.homeserver': { base_url: 'https://matrix.test.example' } });
  const server = await request(homeserver.baseUrl, 'GET', '/.well-known/matrix/server');
  assert.deepEqual(server.body, { 'm.server': 'matrix.test.example:443' });
  const support = await request(homeserver.baseUrl, 'GET', '/.well-known/matrix/support');
  assert.deepEqual([support.status, support.body.errcode], [404, 'M_NOT_FOUND']);
  await homeserver.stop();
});
