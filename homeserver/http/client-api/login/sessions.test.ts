import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { loginUser, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let url: string;
before(async () => {
  homeserver = await startTestHomeserver();
  url = homeserver.baseUrl;
});
after(() => homeserver.stop());

const whoami = (token: string, baseUrl = url) =>
  request(baseUrl, 'GET', '/_matrix/client/v3/account/whoami', { token });
const login = (body: object) => request(url, 'POST', '/_matrix/client/v3/login', { body });
const byPassword = (user: TestUser, more: object = {}) =>
  login({
    ...{ type: 'm.login.password', password: user.password },
    identifier: { type: 'm.id.user', user: user.userId },
    ...more,
  });

/** Repeats a request until it is answered with the status, as changes reach other processes within a second. */
async function waitForStatus(status: number, ask: () => Promise<{ status: number }>) {
  while ((await ask()).status !== status) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('the flows are password, token and application service', async () => {
  const { body } = await request(url, 'GET', '/_matrix/client/v3/login');
  assert.deepEqual(
    body.flows.map((flow: { type: string }) => flow.type),
    ['m.login.password', 'm.login.token', 'm.login.application_service'],
  );
});

test('a user logs in by user id, by name in any case, and the old way', async () => {
  const user = await registerUser(url, 'lena');
  for (const more of [
    {},
    { identifier: { type: 'm.id.user', user: 'lena' } },
    { identifier: { type: 'm.id.user', user: 'LENA' } },
    { identifier: undefined, user: 'lena' },
  ]) {
    const reply = await byPassword(user, more);
    assert.equal(reply.status, 200, JSON.stringify([more, reply.body]));
    assert.equal(reply.body.user_id, '@lena:test.example');
  }
});

for (const [name, more, status, errcode] of [
  ['a wrong password', { password: 'other' }, 403, 'M_FORBIDDEN'],
  ['an unknown user', { identifier: { type: 'm.id.user', user: 'nobody' } }, 403, 'M_FORBIDDEN'],
  ['a user of another server', { identifier: { type: 'm.id.user', user: '@lisa:other.example' } }, 403, 'M_FORBIDDEN'],
  ['an e-mail address', { identifier: { type: 'm.id.thirdparty', medium: 'email' } }, 400, 'M_UNKNOWN'],
  ['another type', { type: 'm.login.sso' }, 400, 'M_UNKNOWN'],
  ['no type', { type: undefined }, 400, 'M_BAD_JSON'],
  ['no password', { password: undefined }, 400, 'M_MISSING_PARAM'],
  ['a password that is no text', { password: 5 }, 400, 'M_BAD_JSON'],
  ['a made-up login token', { type: 'm.login.token', token: 'hfl_nonsense' }, 403, 'M_FORBIDDEN'],
] as const) {
  test(`logging in with ${name} is ${status} ${errcode}`, async () => {
    const user = await registerUser(url, `l${Math.random().toString(36).slice(2)}`);
    const reply = await byPassword(user, more);
    assert.deepEqual([reply.status, reply.body.errcode], [status, errcode]);
  });
}

test('a login on a known device ends the tokens that it had and keeps its name', async () => {
  const user = await registerUser(url, 'dora');
  await user.call('PUT', `/_matrix/client/v3/devices/${user.deviceId}`, { display_name: 'Phone' });
  const again = await byPassword(user, { device_id: user.deviceId, initial_device_display_name: 'Other' });
  assert.equal((await whoami(user.accessToken)).status, 401);
  const token = again.body.access_token;
  const device = await request(url, 'GET', `/_matrix/client/v3/devices/${user.deviceId}`, { token });
  assert.equal(device.body.display_name, 'Phone');
});

test('logging out ends one session on every process, logging out everywhere ends all', async () => {
  const other = await homeserver.startProcess();
  const first = await registerUser(url, 'otis');
  const second = await loginUser(first, 'SECOND');
  const third = await loginUser(first, 'THIRD');
  for (const user of [first, second, third]) assert.equal((await whoami(user.accessToken, other.url)).status, 200);
  await second.call('POST', '/_matrix/client/v3/logout', {});
  assert.equal((await whoami(second.accessToken)).body.errcode, 'M_UNKNOWN_TOKEN');
  await waitForStatus(401, () => whoami(second.accessToken, other.url));
  assert.equal((await whoami(third.accessToken, other.url)).status, 200);
  await first.call('POST', '/_matrix/client/v3/logout/all');
  assert.equal((await whoami(third.accessToken)).status, 401);
  await waitForStatus(401, () => whoami(first.accessToken, other.url));
});

test('a login token is good for one login, and only after the password was given', async () => {
  const user = await registerUser(url, 'tara');
  const path = '/_matrix/client/v1/login/get_token';
  const challenge = await user.send('POST', path, { body: {} });
  assert.deepEqual([challenge.status, challenge.body.flows], [401, [{ stages: ['m.login.password'] }]]);
  const wrong = { type: 'm.login.password', session: challenge.body.session, password: 'wrong' };
  const refused = await user.send('POST', path, { body: { auth: wrong } });
  assert.deepEqual([refused.status, refused.body.errcode], [401, 'M_FORBIDDEN']);
  assert.equal(refused.body.session, challenge.body.session);
  const { login_token: token } = await user.call('POST', path, { auth: { ...wrong, password: user.password } });
  const replies = await Promise.all([1, 2, 3].map(() => login({ type: 'm.login.token', token })));
  assert.deepEqual(
    replies.map((reply) => reply.status).sort((a, b) => a - b),
    [200, 403, 403],
  );
  assert.equal((await login({ type: 'm.login.token', token })).status, 403);
});

test('a refresh gives new tokens; the old ones end when a new one is used, not before', async () => {
  const user = await registerUser(url, 'rhea');
  const old = (await byPassword(user, { refresh_token: true })).body;
  const refresh = (token: string) =>
    request(url, 'POST', '/_matrix/client/v3/refresh', { body: { refresh_token: token } });
  const lost = await refresh(old.refresh_token);
  assert.equal(lost.status, 200);
  const { body: fresh } = await refresh(old.refresh_token);
  assert.equal((await whoami(lost.body.access_token)).status, 401, 'tokens that were made anew and never used');
  assert.equal((await whoami(old.access_token)).status, 200);
  assert.equal((await whoami(fresh.access_token)).status, 200);
  await waitForStatus(401, () => whoami(old.access_token));
  const reused = await refresh(old.refresh_token);
  assert.deepEqual([reused.status, reused.body.errcode], [401, 'M_UNKNOWN_TOKEN']);
  assert.equal((await whoami(fresh.access_token)).status, 200);
  assert.equal((await refresh(fresh.refresh_token)).status, 200);
  assert.equal((await refresh(fresh.access_token)).status, 401);
});

test('an access token that has run out is a soft logout', async () => {
  const user = await registerUser(url, 'expi');
  const { body } = await byPassword(user, { refresh_token: true });
  await homeserver.context.database`
    UPDATE session_token SET expires_at = clock_timestamp() - interval '1 second' WHERE expires_at IS NOT NULL`;
  const reply = await whoami(body.access_token);
  assert.deepEqual([reply.status, reply.body.errcode, reply.body.soft_logout], [401, 'M_UNKNOWN_TOKEN', true]);
});

test('a locked user can log out and nothing else', async () => {
  const user = await registerUser(url, 'lock');
  assert.equal((await whoami(user.accessToken)).status, 200);
  await setAccountFlags(homeserver.context, user.userId, { isLocked: true });
  const reply = await whoami(user.accessToken);
  assert.deepEqual([reply.status, reply.body.errcode, reply.body.soft_logout], [401, 'M_USER_LOCKED', true]);
  assert.equal((await byPassword(user)).body.errcode, 'M_USER_LOCKED');
  await user.call('POST', '/_matrix/client/v3/logout', {});
});

test('the access token is taken from the query too, and the header goes first', async () => {
  const user = await registerUser(url, 'quin');
  const path = `/_matrix/client/v3/account/whoami?access_token=${user.accessToken}`;
  assert.equal((await request(url, 'GET', path)).status, 200);
  assert.equal((await request(url, 'GET', path, { token: 'other' })).status, 401);
});

test('wrong passwords are slowed down for the account, whoever sends them', async () => {
  const limited = await startTestHomeserver({
    config: {
      'rate_limits.enabled': true,
      'rate_limits.login_failure.burst': 3,
      'rate_limits.login_address.burst': 100,
    },
  });
  const body = (password: string) => ({ type: 'm.login.password', user: 'slow', password });
  const path = '/_matrix/client/v3/login';
  const user = await registerUser(limited.baseUrl, 'slow');
  const guesses = await Promise.all(
    Array.from({ length: 10 }, () => request(limited.baseUrl, 'POST', path, { body: body('wrong') })),
  );
  assert.equal(guesses.filter((reply) => reply.status === 403).length, 3);
  const late = await request(limited.baseUrl, 'POST', path, { body: body(user.password) });
  assert.deepEqual([late.status, late.body.errcode], [429, 'M_LIMIT_EXCEEDED']);
  assert.ok(late.body.retry_after_ms > 0 && Number(late.headers.get('retry-after')) > 0);
  await limited.stop();
});
