import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { loginUser, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
before(async () => {
  homeserver = await startTestHomeserver({ config: { 'password.minimum_length': 5 } });
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

const users = '/_holdfast/v1/admin/users';
const user = (userId: string) => `${users}/${encodeURIComponent(userId)}`;
const whoami = '/_matrix/client/v3/account/whoami';

test('an account that an administrator makes can be logged in with, by the password that was told once', async () => {
  const made = await admin.call('POST', users, { username: 'made', display_name: 'Made' });
  assert.equal(made.user_id, '@made:test.example');
  const known = { baseUrl: homeserver.baseUrl, userId: made.user_id, password: made.password } as TestUser;
  await (await loginUser(known)).call('GET', whoami);
  const shown = await admin.call('GET', user(made.user_id));
  assert.deepEqual([shown.display_name, shown.device_count, shown.is_admin], ['Made', 1, false]);
  assert.equal((await admin.call('POST', users, { username: 'made' }, 400)).errcode, 'M_USER_IN_USE');
  const weak = await admin.call('POST', users, { username: 'weak', password: 'abcd' }, 400);
  assert.equal(weak.errcode, 'M_WEAK_PASSWORD');
});

test('the list finds accounts by a part of their name, and pages through all of them once', async () => {
  for (const name of ['listed1', 'listed2', 'listed3']) await registerUser(homeserver.baseUrl, name);
  const first = await admin.call('GET', `${users}?search=LISTED&limit=2&order_by=name`);
  const rest = await admin.call('GET', `${users}?search=LISTED&limit=2&order_by=name&from=${first.next_token}`);
  const found = [...first.users, ...rest.users].map((each: { user_id: string }) => each.user_id);
  assert.deepEqual(found, ['@listed1:test.example', '@listed2:test.example', '@listed3:test.example']);
  assert.deepEqual([first.total, rest.next_token], [3, undefined]);
});

test('a locked account can do nothing until it is unlocked, and a new password ends its sessions', async () => {
  const anna = await registerUser(homeserver.baseUrl, 'anna');
  assert.equal((await admin.call('PUT', user(anna.userId), { is_locked: true })).is_locked, true);
  assert.equal((await anna.send('GET', whoami)).body.errcode, 'M_USER_LOCKED');
  await admin.call('PUT', user(anna.userId), { is_locked: false });
  await anna.call('GET', whoami);
  const { password } = await admin.call('POST', `${user(anna.userId)}/password`, {});
  assert.equal((await anna.send('GET', whoami)).status, 401);
  await (await loginUser({ ...anna, password })).call('GET', whoami);
});

test('devices are listed, and logged out one by one or all at once', async () => {
  const ben = await registerUser(homeserver.baseUrl, 'ben');
  const [second, third] = [await loginUser(ben, 'SECOND'), await loginUser(ben, 'THIRD')];
  const { devices } = await admin.call('GET', `${user(ben.userId)}/devices`);
  assert.deepEqual(
    devices.map((each: { device_id: string }) => each.device_id).toSorted(),
    [ben.deviceId, 'SECOND', 'THIRD'].toSorted(),
  );
  await admin.call('POST', `${user(ben.userId)}/log-out`, { device_ids: ['SECOND', 'NONE'] });
  assert.equal((await second.send('GET', whoami)).status, 401);
  await third.call('GET', whoami);
  await admin.call('POST', `${user(ben.userId)}/log-out`, {});
  assert.equal((await third.send('GET', whoami)).status, 401);
});

test('the last administrator cannot be lost', async () => {
  const other = await registerUser(homeserver.baseUrl, 'other');
  await admin.call('PUT', user(other.userId), { is_admin: true });
  for (const change of [{ is_locked: true }, { is_suspended: true }]) {
    assert.equal((await admin.call('PUT', user(other.userId), change, 403)).errcode, 'M_FORBIDDEN');
  }
  assert.equal((await admin.call('PUT', user(admin.userId), { is_admin: false }, 403)).errcode, 'M_FORBIDDEN');
  assert.equal((await admin.call('POST', `${user(other.userId)}/deactivate`, {}, 403)).errcode, 'M_FORBIDDEN');
  await admin.call('PUT', user(other.userId), { is_admin: false, is_suspended: true });
  await admin.call('POST', `${user(other.userId)}/deactivate`, { erase: true });
  const gone = await admin.call('GET', user(other.userId));
  assert.deepEqual([gone.is_deactivated, gone.is_erased, gone.device_count], [true, true, 0]);
});

test('rooms and files of a user are told', async () => {
  const carl = await registerUser(homeserver.baseUrl, 'carl');
  const { room_id: roomId } = await carl.call('POST', '/_matrix/client/v3/createRoom', {});
  const upload = await carl.send('POST', '/_matrix/media/v3/upload?filename=a.txt', { body: 'hello' });
  const { rooms } = await admin.call('GET', `${user(carl.userId)}/rooms`);
  assert.deepEqual(rooms, [{ room_id: roomId, membership: 'join' }]);
  const files = await admin.call('GET', `${user(carl.userId)}/media`);
  assert.equal(files.used_bytes, 5);
  assert.deepEqual([files.media[0].mxc, files.media[0].size_bytes], [upload.body.content_uri, 5]);
  const usage = await admin.call('GET', '/_holdfast/v1/admin/media/usage');
  assert.deepEqual(usage.users, [{ user_id: carl.userId, size_bytes: 5, file_count: 1 }]);
});

test('strangers and nobody are told apart, and others than administrators get nowhere', async () => {
  assert.equal((await admin.call('GET', user('@x:other.example'), undefined, 400)).errcode, 'M_INVALID_PARAM');
  assert.equal((await admin.call('GET', user('@nobody:test.example'), undefined, 404)).errcode, 'M_NOT_FOUND');
  const dora = await registerUser(homeserver.baseUrl, 'dora');
  assert.equal((await dora.call('PUT', user(dora.userId), { is_admin: true }, 403)).errcode, 'M_FORBIDDEN');
  assert.equal((await request(homeserver.baseUrl, 'GET', users)).body.errcode, 'M_MISSING_TOKEN');
});
