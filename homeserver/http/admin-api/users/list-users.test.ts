import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let user: TestUser;

before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'zoe');
  user = await registerUser(homeserver.baseUrl, 'anna');
  const gone = await registerUser(homeserver.baseUrl, 'mia');
  await gone.call('PUT', `/_matrix/client/v3/profile/${gone.userId}/displayname`, { displayname: 'Captain Nemo' });
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

async function list(query = ''): Promise<string[]> {
  const { users } = await admin.call('GET', `/_synapse/admin/v2/users${query}`);
  return (users as { name: string }[]).map(({ name }) => name.slice(1, name.indexOf(':')));
}

test('an account is told with all that its administrator asks', async () => {
  const { users, total } = await admin.call('GET', '/_synapse/admin/v2/users?admins=true');
  assert.equal(total, 1);
  const [{ creation_ts: created, last_seen_ts: _seen, ...rest }] = users;
  assert.ok(created > 1_700_000_000_000);
  assert.deepEqual(rest, {
    name: '@zoe:test.example',
    displayname: 'zoe',
    avatar_url: null,
    ...{ admin: true, deactivated: false, locked: false, suspended: false, erased: false },
    ...{ is_guest: false, shadow_banned: false, user_type: null },
  });
});

test('accounts come in order, either way round', async () => {
  assert.deepEqual(await list(), ['anna', 'mia', 'zoe']);
  assert.deepEqual(await list('?dir=b'), ['zoe', 'mia', 'anna']);
  assert.deepEqual(await list('?order_by=creation_ts'), ['zoe', 'anna', 'mia']);
  assert.deepEqual(await list('?order_by=displayname'), ['anna', 'mia', 'zoe']);
  assert.equal((await list('?order_by=admin&dir=b'))[0], 'zoe');
  assert.equal((await list('?order_by=last_seen_ts')).length, 3);
});

test('pages go on where the one before ended, to the end', async () => {
  const first = await admin.call('GET', '/_synapse/admin/v2/users?limit=2');
  assert.deepEqual([first.users.length, first.total, first.next_token], [2, 3, '2']);
  const second = await admin.call('GET', `/_synapse/admin/v2/users?limit=2&from=${first.next_token}`);
  assert.deepEqual([second.users[0].name, second.next_token], ['@zoe:test.example', undefined]);
});

test('accounts are found by parts of their names, in any case', async () => {
  assert.deepEqual(await list('?name=NEMO'), ['mia']);
  assert.deepEqual(await list('?name=ann'), ['anna']);
  assert.deepEqual(await list('?name=test.example'), []);
  assert.deepEqual(await list('?user_id=A:Test.Ex'), ['anna', 'mia']);
  assert.deepEqual(await list('?name=%25'), []);
  const both = await admin.call('GET', '/_synapse/admin/v2/users?name=a&user_id=b', undefined, 400);
  assert.equal(both.errcode, 'M_INVALID_PARAM');
});

test('deactivated accounts are in the list only when asked for', async () => {
  const gone = await registerUser(homeserver.baseUrl, 'gone');
  await gone.call('POST', '/_matrix/client/v3/account/deactivate', {
    auth: { type: 'm.login.password', identifier: { type: 'm.id.user', user: gone.userId }, password: gone.password },
  });
  assert.ok(!(await list()).includes('gone'));
  assert.ok((await list('?deactivated=true')).includes('gone'));
});

test('a query that makes no sense is refused, and so is who is no administrator', async () => {
  for (const query of ['limit=0', 'limit=x', 'from=-1', 'order_by=password', 'dir=up', 'admins=1']) {
    const reply = await admin.call('GET', `/_synapse/admin/v2/users?${query}`, undefined, 400);
    assert.equal(reply.errcode, 'M_INVALID_PARAM', query);
  }
  assert.equal((await user.call('GET', '/_synapse/admin/v2/users', undefined, 403)).errcode, 'M_FORBIDDEN');
});
