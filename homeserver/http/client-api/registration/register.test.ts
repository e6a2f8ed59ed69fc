import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRegistrationToken, listRegistrationTokens } from '../../../accounts/registration-tokens.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, request, type TestRequestOptions } from '../../../testing/test-user.ts';

let open: TestHomeserver;
let byToken: TestHomeserver;
let closed: TestHomeserver;

before(async () => {
  [open, byToken, closed] = await Promise.all([
    startTestHomeserver(),
    startTestHomeserver({
      config: { 'registration.mode': 'token', 'registration.terms.url': 'https://test.example/terms' },
    }),
    startTestHomeserver({ config: { 'registration.mode': 'closed' } }),
  ]);
});
after(() => Promise.all([open.stop(), byToken.stop(), closed.stop()]));

const register = (server: TestHomeserver, body: TestRequestOptions['body'], query = '') =>
  request(server.baseUrl, 'POST', `/_matrix/client/v3/register${query}`, { body });

test('without auth the flows are told, and the session goes on on any process', async () => {
  const first = await register(open, { username: 'anna', password: 'long enough' });
  assert.equal(first.status, 401);
  assert.deepEqual(first.body.flows, [{ stages: ['m.login.dummy'] }]);
  const other = await open.startProcess();
  const auth = { type: 'm.login.dummy', session: first.body.session };
  const body = { username: 'anna', password: 'long enough', auth };
  const done = await request(other.url, 'POST', '/_matrix/client/v3/register', { body });
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.equal(done.body.user_id, '@anna:test.example');
  const owner = await request(open.baseUrl, 'GET', '/_matrix/client/v3/account/whoami', {
    token: done.body.access_token,
  });
  assert.deepEqual(owner.body, { user_id: '@anna:test.example', device_id: done.body.device_id, is_guest: false });
});

test('one request that brings the dummy stage is enough, and device id and capitals are heeded', async () => {
  const auth = { type: 'm.login.dummy' };
  const { status, body } = await register(open, { username: 'Ben', password: 'long enough', device_id: 'PHONE', auth });
  assert.equal(status, 200);
  assert.deepEqual([body.user_id, body.device_id], ['@ben:test.example', 'PHONE']);
});

test('inhibit_login makes an account without a session, and no user name one with a made-up name', async () => {
  const auth = { type: 'm.login.dummy' };
  const { status, body } = await register(open, { password: 'long enough', inhibit_login: true, auth });
  assert.equal(status, 200);
  assert.match(body.user_id, /^@[a-z]+:test\.example$/);
  assert.equal(body.access_token, undefined);
});

test('refresh_token gives a token that ends and one that renews it', async () => {
  const auth = { type: 'm.login.dummy' };
  const { body } = await register(open, { username: 'rina', password: 'long enough', refresh_token: true, auth });
  assert.ok(body.refresh_token && body.expires_in_ms > 0);
});

for (const [name, body, errcode] of [
  ['a name with a space', { username: 'a b', password: 'long enough' }, 'M_INVALID_USERNAME'],
  ['an empty name', { username: '', password: 'long enough' }, 'M_INVALID_USERNAME'],
  ['a name with a NUL', { username: 'a\0', password: 'long enough' }, 'M_BAD_JSON'],
  ['a name that is too long', { username: 'a'.repeat(250), password: 'long enough' }, 'M_INVALID_USERNAME'],
  ['a short password', { username: 'weak', password: 'short' }, 'M_WEAK_PASSWORD'],
  ['a password that is no text', { username: 'weak', password: 12345678 }, 'M_BAD_JSON'],
  ['a device id with a NUL', { username: 'weak', password: 'long enough', device_id: '\0' }, 'M_BAD_JSON'],
] as const) {
  test(`${name} is refused with ${errcode} before any authentication`, async () => {
    const reply = await register(open, body);
    assert.deepEqual([reply.status, reply.body.errcode], [400, errcode]);
  });
}

test('a name that is taken is refused, also to the second of two at the same time', async () => {
  const body = { username: 'twice', password: 'long enough', auth: { type: 'm.login.dummy' } };
  const replies = await Promise.all([register(open, body), register(open, body)]);
  assert.deepEqual(
    replies.map((reply) => reply.status).sort((a, b) => a - b),
    [200, 400],
  );
  const again = await register(open, body);
  assert.equal(again.body.errcode, 'M_USER_IN_USE');
  const available = await request(open.baseUrl, 'GET', '/_matrix/client/v3/register/available?username=twice');
  assert.equal(available.body.errcode, 'M_USER_IN_USE');
  const free = await request(open.baseUrl, 'GET', '/_matrix/client/v3/register/available?username=nobody');
  assert.deepEqual(free.body, { available: true });
});

test('guests are refused, and so is an unknown kind', async () => {
  const guest = await register(open, {}, '?kind=guest');
  assert.deepEqual([guest.status, guest.body.errcode], [403, 'M_GUEST_ACCESS_FORBIDDEN']);
  const other = await register(open, {}, '?kind=robot');
  assert.deepEqual([other.status, other.body.errcode], [400, 'M_INVALID_PARAM']);
});

test('where registration is closed everything about it is M_FORBIDDEN', async () => {
  for (const [method, path] of [
    ['POST', '/_matrix/client/v3/register'],
    ['GET', '/_matrix/client/v3/register/available?username=x'],
    ['GET', '/_matrix/client/v1/register/m.login.registration_token/validity?token=x'],
  ] as const) {
    const reply = await request(closed.baseUrl, method, path, method === 'POST' ? { body: {} } : {});
    assert.deepEqual([reply.status, reply.body.errcode], [403, 'M_FORBIDDEN'], path);
  }
});

test('terms and a token take a step each, and the token counts one use', async () => {
  const token = await createRegistrationToken(byToken.context, { token: 'one-use', usesAllowed: 1 });
  const start = await register(byToken, { username: 'tina', password: 'long enough' });
  assert.deepEqual(start.body.flows, [{ stages: ['m.login.terms', 'm.login.registration_token'] }]);
  assert.equal(start.body.params['m.login.terms'].policies.terms.en.url, 'https://test.example/terms');
  const { session } = start.body;
  const step = (auth: object) => register(byToken, { username: 'tina', password: 'long enough', auth });
  const wrong = await step({ type: 'm.login.registration_token', token: 'other', session });
  assert.deepEqual([wrong.status, wrong.body.errcode], [401, 'M_UNAUTHORIZED']);
  assert.equal(wrong.body.completed, undefined);
  const half = await step({ type: 'm.login.registration_token', token, session });
  assert.deepEqual([half.status, half.body.completed], [401, ['m.login.registration_token']]);
  const validity = `/_matrix/client/v1/register/m.login.registration_token/validity?token=${token}`;
  assert.deepEqual((await request(byToken.baseUrl, 'GET', validity)).body, { valid: false });
  const done = await step({ type: 'm.login.terms', session });
  assert.equal(done.status, 200, JSON.stringify(done.body));
  const [stored] = await listRegistrationTokens(byToken.context);
  assert.deepEqual([stored?.completed, stored?.pending], [1, 0]);
  const spent = await register(byToken, {
    ...{ username: 'tom', password: 'long enough' },
    auth: { type: 'm.login.registration_token', token },
  });
  assert.equal(spent.body.errcode, 'M_UNAUTHORIZED');
  const reused = await step({ type: 'm.login.terms', session });
  assert.equal(reused.status, 400, 'the name is taken');
});

test('a session that is over, or of another operation, begins anew', async () => {
  const user = await registerUser(open.baseUrl, 'olga');
  const other = await user.send('POST', '/_matrix/client/v3/account/password', {
    body: { new_password: 'long enough' },
  });
  const auth = { type: 'm.login.dummy', session: other.body.session };
  const reply = await register(open, { username: 'otto', password: 'long enough', auth });
  assert.equal(reply.status, 401);
  assert.notEqual(reply.body.session, other.body.session);
  assert.equal(reply.body.errcode, 'M_UNKNOWN');
});

test('a registration token that has expired is not valid', async () => {
  await createRegistrationToken(byToken.context, { token: 'past', expiresMs: 1_000 });
  await createRegistrationToken(byToken.context, { token: 'open-end' });
  const path = '/_matrix/client/v1/register/m.login.registration_token/validity?token=';
  assert.deepEqual((await request(byToken.baseUrl, 'GET', `${path}past`)).body, { valid: false });
  assert.deepEqual((await request(byToken.baseUrl, 'GET', `${path}open-end`)).body, { valid: true });
  assert.equal((await request(byToken.baseUrl, 'GET', path.split('?')[0] ?? '')).body.errcode, 'M_MISSING_PARAM');
});
