import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { loginUser, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let url: string;
before(async () => {
  homeserver = await startTestHomeserver();
  url = homeserver.baseUrl;
});
after(() => homeserver.stop());

const devices = '/_matrix/client/v3/devices';
const deviceIds = async (user: TestUser) =>
  (await user.call('GET', devices)).devices.map((device: { device_id: string }) => device.device_id).sort();
const password = (user: TestUser) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: user.userId },
  password: user.password,
});

test('devices are listed, read and renamed by their own user alone', async () => {
  const user = await registerUser(url, 'dana');
  const other = await registerUser(url, 'nosy');
  await loginUser(user, 'LAPTOP');
  assert.deepEqual(await deviceIds(user), [user.deviceId, 'LAPTOP'].sort());
  await user.call('PUT', `${devices}/LAPTOP`, { display_name: 'Laptop' });
  assert.equal((await user.call('GET', `${devices}/LAPTOP`)).display_name, 'Laptop');
  await user.call('PUT', `${devices}/LAPTOP`, {});
  assert.equal((await user.call('GET', `${devices}/LAPTOP`)).display_name, 'Laptop');
  assert.equal((await other.call('GET', `${devices}/LAPTOP`, undefined, 404)).errcode, 'M_NOT_FOUND');
  assert.equal((await other.call('PUT', `${devices}/LAPTOP`, {}, 404)).errcode, 'M_NOT_FOUND');
  assert.equal((await user.call('PUT', `${devices}/LAPTOP`, { display_name: 5 }, 400)).errcode, 'M_BAD_JSON');
  assert.equal((await user.call('PUT', `${devices}/LAPTOP`, { display_name: '\0' }, 400)).errcode, 'M_BAD_JSON');
});

test('a device is deleted after the password was given, and its session ends', async () => {
  const user = await registerUser(url, 'dean');
  const laptop = await loginUser(user, 'LAPTOP');
  const challenge = await user.call('DELETE', `${devices}/LAPTOP`, {}, 401);
  assert.deepEqual(challenge.flows, [{ stages: ['m.login.password'] }]);
  assert.deepEqual(await deviceIds(laptop), [user.deviceId, 'LAPTOP'].sort());
  const auth = { ...password(user), session: challenge.session };
  await user.call('DELETE', `${devices}/LAPTOP`, { auth });
  assert.deepEqual(await deviceIds(user), [user.deviceId]);
  assert.equal((await laptop.call('GET', devices, undefined, 401)).errcode, 'M_UNKNOWN_TOKEN');
  await user.call('DELETE', `${devices}/LAPTOP`, { auth: password(user) });
});

test('a session of interactive authentication is good for its operation alone', async () => {
  const user = await registerUser(url, 'dirk');
  await loginUser(user, 'LAPTOP');
  const challenge = await user.call('DELETE', `${devices}/LAPTOP`, {}, 401);
  const auth = { ...password(user), session: challenge.session };
  const again = await user.call('POST', '/_matrix/client/v3/delete_devices', { devices: ['LAPTOP'], auth }, 401);
  assert.notEqual(again.session, challenge.session);
});

test("another user's password does not do", async () => {
  const user = await registerUser(url, 'dine');
  const other = await registerUser(url, 'dine2');
  const reply = await user.call('DELETE', `${devices}/${user.deviceId}`, { auth: password(other) }, 403);
  assert.equal(reply.errcode, 'M_FORBIDDEN');
});

test('several devices are deleted at once, and those of others stay', async () => {
  const user = await registerUser(url, 'dolf');
  const other = await registerUser(url, 'dolf2');
  await loginUser(user, 'A');
  await loginUser(user, 'B');
  const body = { devices: ['A', 'B', other.deviceId, 'NONE'], auth: password(user) };
  await user.call('POST', '/_matrix/client/v3/delete_devices', body);
  assert.deepEqual(await deviceIds(user), [user.deviceId]);
  assert.deepEqual(await deviceIds(other), [other.deviceId]);
  const missing = await user.call('POST', '/_matrix/client/v3/delete_devices', { auth: password(user) }, 400);
  assert.match(missing.error, /devices/);
});

test('when and from where a device was last seen is written down by the time its process has ended', async () => {
  const user = await registerUser(url, 'dawn');
  const startMs = Date.now();
  const other = await homeserver.startProcess();
  // What the client itself claims stands further to the left than what the trusted proxy says.
  const headers = { 'user-agent': 'Test/1', 'x-forwarded-for': '198.51.100.1, 203.0.113.7' };
  await request(other.url, 'GET', devices, { token: user.accessToken, headers });
  await other.stop();
  const device = await user.call('GET', `${devices}/${user.deviceId}`);
  assert.equal(device.last_seen_ip, '203.0.113.7');
  assert.ok(device.last_seen_ts >= startMs);
  const whois = await user.call('GET', `/_matrix/client/v3/admin/whois/${user.userId}`);
  const [connection] = whois.devices[user.deviceId].sessions[0].connections;
  assert.deepEqual(connection, { ip: '203.0.113.7', last_seen: device.last_seen_ts, user_agent: 'Test/1' });
});

test('a changed password ends the other sessions, unless it shall not', async () => {
  const user = await registerUser(url, 'dave');
  const laptop = await loginUser(user, 'LAPTOP');
  const path = '/_matrix/client/v3/account/password';
  const weak = await user.call('POST', path, { new_password: 'short', auth: password(user) }, 400);
  assert.equal(weak.errcode, 'M_WEAK_PASSWORD');
  await user.call('POST', path, { new_password: 'a new password', logout_devices: false, auth: password(user) });
  await laptop.call('GET', devices);
  const changed = { ...user, password: 'a new password' };
  await user.call('POST', path, { new_password: 'another password', auth: password(changed) });
  await user.call('GET', devices);
  await laptop.call('GET', devices, undefined, 401);
  assert.deepEqual(await deviceIds(user), [user.deviceId]);
  await loginUser({ ...user, password: 'another password' });
  await assert.rejects(loginUser(user));
});

test('more devices than are allowed are refused', async () => {
  const own = await startTestHomeserver({ config: { 'limits.max_devices_per_user': 2 } });
  const user = await registerUser(own.baseUrl, 'many');
  await loginUser(user, 'SECOND');
  await loginUser(user, 'SECOND');
  await assert.rejects(loginUser(user, 'THIRD'), /M_RESOURCE_LIMIT_EXCEEDED/);
  await own.stop();
});
