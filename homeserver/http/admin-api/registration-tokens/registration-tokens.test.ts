import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, request, type TestUser } from '../../../testing/test-user.ts';

const path = '/_synapse/admin/v1/registration_tokens';
const farFuture = 4_000_000_000_000;

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

test('a token is made, listed, changed in part, and taken back', async () => {
  const made = await admin.call('POST', `${path}/new`, { token: 'friends', uses_allowed: 3, expiry_time: farFuture });
  const expected = { token: 'friends', uses_allowed: 3, pending: 0, completed: 0, expiry_time: farFuture };
  assert.deepEqual(made, expected);
  assert.deepEqual((await admin.call('GET', path)).registration_tokens, [expected]);
  assert.deepEqual(await admin.call('GET', `${path}/friends`), expected);

  const changed = await admin.call('PUT', `${path}/friends`, { uses_allowed: null });
  assert.deepEqual(changed, { ...expected, uses_allowed: null });
  assert.deepEqual(await admin.call('PUT', `${path}/friends`, { expiry_time: null }), {
    ...expected,
    ...{ uses_allowed: null, expiry_time: null },
  });

  assert.deepEqual(await admin.call('DELETE', `${path}/friends`), {});
  assert.equal((await admin.call('GET', `${path}/friends`, undefined, 404)).errcode, 'M_NOT_FOUND');
  assert.equal((await admin.call('DELETE', `${path}/friends`, undefined, 404)).errcode, 'M_NOT_FOUND');
  assert.equal((await admin.call('PUT', `${path}/friends`, {}, 404)).errcode, 'M_NOT_FOUND');
});

test('valid tells the tokens that let somebody in from those that do not', async () => {
  await admin.call('POST', `${path}/new`, { token: 'good' });
  await admin.call('POST', `${path}/new`, { token: 'spent', uses_allowed: 0 });
  const list = async (valid: boolean) => {
    const { registration_tokens: tokens } = await admin.call('GET', `${path}?valid=${valid}`);
    return (tokens as { token: string }[]).map(({ token }) => token);
  };
  assert.deepEqual(await list(true), ['good']);
  assert.deepEqual(await list(false), ['spent']);
});

test('without a text a token is made up, as long as asked for', async () => {
  assert.match((await admin.call('POST', `${path}/new`, {})).token, /^[A-Za-z]{16}$/);
  assert.match((await admin.call('POST', `${path}/new`, { length: 40 })).token, /^[A-Za-z]{40}$/);
});

for (const [what, body, errcode] of [
  ['characters that no token has', { token: 'a b' }, 'M_INVALID_PARAM'],
  ['a time that has passed', { token: 'late', expiry_time: 1_000 }, 'M_INVALID_PARAM'],
  ['a negative number of uses', { uses_allowed: -1 }, 'M_BAD_JSON'],
  ['a number of uses that is a text', { uses_allowed: '3' }, 'M_BAD_JSON'],
  ['a time beyond all dates', { expiry_time: 9_000_000_000_000_000 }, 'M_BAD_JSON'],
  ['a length of nothing', { length: 0 }, 'M_BAD_JSON'],
] as const) {
  test(`a token with ${what} is refused with ${errcode}`, async () => {
    assert.equal((await admin.call('POST', `${path}/new`, body, 400)).errcode, errcode);
  });
}

test('a token that exists is not made again', async () => {
  await admin.call('POST', `${path}/new`, { token: 'once', uses_allowed: 1 });
  assert.equal((await admin.call('POST', `${path}/new`, { token: 'once' }, 400)).errcode, 'M_INVALID_PARAM');
  assert.equal((await admin.call('GET', `${path}/once`)).uses_allowed, 1);
});

test('only administrators see or change tokens', async () => {
  for (const [method, end, body] of [
    ['GET', '', undefined],
    ['POST', '/new', {}],
    ['GET', '/once', undefined],
    ['PUT', '/once', {}],
    ['DELETE', '/once', undefined],
  ] as const) {
    assert.equal((await user.call(method, path + end, body, 403)).errcode, 'M_FORBIDDEN');
    const stranger = await request(homeserver.baseUrl, method, path + end, { body });
    assert.deepEqual([stranger.status, stranger.body.errcode], [401, 'M_MISSING_TOKEN']);
  }
});
