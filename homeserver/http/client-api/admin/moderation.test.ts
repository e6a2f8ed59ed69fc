import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let user: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  user = await registerUser(homeserver.baseUrl, 'user');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

const capabilities = '/_matrix/client/v3/capabilities';

for (const [what, past] of [
  ['lock', 'locked'],
  ['suspend', 'suspended'],
] as const) {
  const path = (userId: string) => `/_matrix/client/v1/admin/${what}/${userId}`;

  test(`an administrator can ${what} a user and undo it`, async () => {
    assert.deepEqual(await admin.call('GET', path(user.userId)), { [past]: false });
    assert.deepEqual(await admin.call('PUT', path(user.userId), { [past]: true }), { [past]: true });
    assert.deepEqual(await admin.call('GET', path(user.userId)), { [past]: true });
    const reply = await user.send('PUT', `/_matrix/client/v3/profile/${user.userId}/displayname`, {
      body: { displayname: 'x' },
    });
    assert.equal(reply.body.errcode, what === 'lock' ? 'M_USER_LOCKED' : 'M_USER_SUSPENDED');
    await admin.call('PUT', path(user.userId), { [past]: false });
    await user.call('GET', capabilities);
  });

  test(`who may not ${what} is told nothing about who exists`, async () => {
    for (const target of [user.userId, '@nobody:test.example', admin.userId]) {
      assert.equal((await user.call('GET', path(target), undefined, 403)).errcode, 'M_FORBIDDEN');
      assert.equal((await user.call('PUT', path(target), { [past]: true }, 403)).errcode, 'M_FORBIDDEN');
    }
  });

  test(`to ${what} an administrator, oneself, a stranger or nobody is refused`, async () => {
    assert.equal((await admin.call('PUT', path(admin.userId), { [past]: true }, 403)).errcode, 'M_FORBIDDEN');
    assert.equal((await admin.call('GET', path('@nobody:test.example'), undefined, 404)).errcode, 'M_NOT_FOUND');
    assert.equal((await admin.call('GET', path('@user:other.example'), undefined, 400)).errcode, 'M_INVALID_PARAM');
    assert.equal((await admin.call('PUT', path(user.userId), { [past]: 'yes' }, 400)).errcode, 'M_BAD_JSON');
  });
}

test('only administrators are told that they can moderate', async () => {
  const moderation = 'm.account_moderation';
  assert.deepEqual((await admin.call('GET', capabilities)).capabilities[moderation], { lock: true, suspend: true });
  assert.equal((await user.call('GET', capabilities)).capabilities[moderation], undefined);
});

test('whois is for the user and administrators', async () => {
  const whois = `/_matrix/client/v3/admin/whois/${user.userId}`;
  assert.equal((await user.call('GET', whois)).user_id, user.userId);
  assert.ok((await admin.call('GET', whois)).devices[user.deviceId]);
  const other = await registerUser(homeserver.baseUrl, 'other');
  assert.equal((await other.call('GET', whois, undefined, 403)).errcode, 'M_FORBIDDEN');
});

test('a deactivated account is left by its user: no session, no login, no rooms, and the name stays taken', async () => {
  const leaver = await registerUser(homeserver.baseUrl, 'leaver');
  const { room_id: roomId } = await user.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
  const room = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;
  await leaver.call('POST', `${room}/join`, {});
  await leaver.call('PUT', `/_matrix/client/v3/user/${leaver.userId}/account_data/a`, { a: 1 });
  const path = '/_matrix/client/v3/account/deactivate';
  assert.deepEqual((await leaver.call('POST', path, {}, 401)).flows, [{ stages: ['m.login.password'] }]);
  const auth = { type: 'm.login.password', password: leaver.password };
  assert.deepEqual(await leaver.call('POST', path, { auth, erase: true }), { id_server_unbind_result: 'success' });
  assert.equal((await leaver.send('GET', capabilities)).status, 401);
  const login = { type: 'm.login.password', user: 'leaver', password: leaver.password };
  const refused = await request(homeserver.baseUrl, 'POST', '/_matrix/client/v3/login', { body: login });
  assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_USER_DEACTIVATED']);
  assert.deepEqual(Object.keys((await user.call('GET', `${room}/joined_members`)).joined), [user.userId]);
  const again = await request(homeserver.baseUrl, 'GET', '/_matrix/client/v3/register/available?username=leaver');
  assert.equal(again.body.errcode, 'M_USER_IN_USE');
  assert.deepEqual(await user.call('GET', `/_matrix/client/v3/profile/${leaver.userId}`), {});
  const rows = await homeserver.context.database`
    SELECT (SELECT count(*)::int FROM account_data WHERE user_id = ${leaver.userId}) AS data,
      (SELECT count(*)::int FROM device WHERE user_id = ${leaver.userId}) AS devices,
      (SELECT count(*)::int FROM session_token WHERE user_id = ${leaver.userId}) AS tokens`;
  assert.deepEqual({ ...rows[0] }, { data: 0, devices: 0, tokens: 0 });
  const path2 = `/_matrix/client/v1/admin/lock/${leaver.userId}`;
  assert.equal((await admin.call('GET', path2, undefined, 404)).errcode, 'M_NOT_FOUND');
});
