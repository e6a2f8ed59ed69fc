import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { applicationServices } from '../appservices/registrations/application-services.ts';
import {
  fakeRegistration,
  makeRegistrationFiles,
  type RegistrationFiles,
} from '../testing/application-service-files.ts';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { registerUser, request, type TestReply, type TestRequestOptions } from '../testing/test-user.ts';

let files: RegistrationFiles;
let homeserver: TestHomeserver;
let url: string;
before(async () => {
  files = await makeRegistrationFiles();
  await files.put('irc.yaml', fakeRegistration('irc'));
  await files.put('limited.yaml', fakeRegistration('limited', { rate_limited: true }));
  homeserver = await startTestHomeserver({ config: { 'application_services.folder': files.folder } });
  url = homeserver.baseUrl;
});
after(async () => {
  await homeserver.stop();
  await files.drop();
});

const token = 'as-token-of-irc';
const v3 = '/_matrix/client/v3';
const ask = (method: string, path: string, options: TestRequestOptions = {}, baseUrl = url) =>
  request(baseUrl, method, v3 + path, { token, ...options });
const registerPuppet = (username: string, more: object = {}) =>
  ask('POST', '/register', { body: { type: 'm.login.application_service', username, ...more } });
const as = (userId: string) => `user_id=${encodeURIComponent(userId)}`;
const outcome = ({ status, body }: TestReply) => (status < 300 ? status : `${status} ${body.errcode}`);

test('a service acts as its sender, whose account comes by itself, and as the users that it registered', async () => {
  const sender = await ask('GET', '/account/whoami');
  assert.deepEqual(sender.body, { user_id: '@ircbot:test.example', is_guest: false });
  assert.equal(outcome(await ask('GET', `/account/whoami?${as('@_irc_ann:test.example')}`)), '403 M_FORBIDDEN');
  const made = await registerPuppet('_irc_ann', { inhibit_login: true });
  assert.deepEqual(made.body, { user_id: '@_irc_ann:test.example', home_server: 'test.example' });
  const puppet = await ask('GET', `/account/whoami?${as('@_irc_ann:test.example')}`);
  assert.equal(puppet.body.user_id, '@_irc_ann:test.example');
  const old = await request(url, 'GET', `${v3}/account/whoami?access_token=${token}`);
  assert.equal(old.body.user_id, '@ircbot:test.example');
});

test('a service acts for nobody else', async () => {
  const alice = await registerUser(url, 'alice');
  assert.equal(outcome(await ask('GET', `/account/whoami?${as(alice.userId)}`)), '403 M_FORBIDDEN');
  assert.equal(outcome(await ask('GET', `/account/whoami?${as('@_irc_ann:other.example')}`)), '403 M_FORBIDDEN');
  assert.equal(outcome(await registerPuppet('other')), '400 M_EXCLUSIVE');
  assert.equal(outcome(await registerPuppet('_irc_UPPER')), '400 M_INVALID_USERNAME');
  assert.equal(
    outcome(await ask('POST', '/register', { body: { type: 'm.login.application_service' } })),
    '400 M_MISSING_PARAM',
  );
  const stranger = { token: 'nobodys', body: { type: 'm.login.application_service', username: '_irc_x' } };
  assert.equal(outcome(await ask('POST', '/register', stranger)), '401 M_UNKNOWN_TOKEN');
});

test('what a service has for itself nobody else gets', async () => {
  const bob = await registerUser(url, 'bob');
  const { body: made } = await request(url, 'POST', `${v3}/createRoom`, { token: bob.accessToken, body: {} });
  const alias = `/directory/room/${encodeURIComponent('#_irc_tea:test.example')}`;
  const body = { room_id: made.room_id };
  assert.equal(outcome(await bob.send('PUT', v3 + alias, { body })), '400 M_EXCLUSIVE');
  const room = { room_alias_name: '_irc_tea' };
  assert.equal(outcome(await bob.send('POST', `${v3}/createRoom`, { body: room })), '400 M_EXCLUSIVE');
  assert.equal(outcome(await ask('POST', '/createRoom', { body: room })), 200);
  await files.put(
    'plain.yaml',
    fakeRegistration('plain', { namespaces: { users: [{ exclusive: true, regex: '@plain' }] } }),
  );
  await registered('plain');
  const person = { username: 'plainperson', password: 'a password', auth: { type: 'm.login.dummy' } };
  assert.equal(outcome(await request(url, 'POST', `${v3}/register`, { body: person })), '400 M_EXCLUSIVE');
  assert.equal(outcome(await request(url, 'GET', `${v3}/register/available?username=plainx`)), '400 M_EXCLUSIVE');
});

test('a service logs its users in, and nobody else', async () => {
  await registerPuppet('_irc_lia', { inhibit_login: true });
  const login = (user: string) =>
    ask('POST', '/login', { body: { type: 'm.login.application_service', identifier: { type: 'm.id.user', user } } });
  const { body: session } = await login('_irc_lia');
  const whoami = await request(url, 'GET', `${v3}/account/whoami`, { token: session.access_token });
  assert.deepEqual([whoami.body.user_id, whoami.body.device_id], ['@_irc_lia:test.example', session.device_id]);
  assert.equal(outcome(await login('alice')), '403 M_EXCLUSIVE');
});

test('a service makes devices, acts as one, and deletes it without a password', async () => {
  const who = as('@_irc_dev:test.example');
  await registerPuppet('_irc_dev', { inhibit_login: true });
  assert.equal(outcome(await ask('GET', `/account/whoami?${who}&device_id=PHONE`)), '400 M_UNKNOWN_DEVICE');
  const put = () => ask('PUT', `/devices/PHONE?${who}`, { body: { display_name: 'Phone' } });
  assert.deepEqual([outcome(await put()), outcome(await put())], [201, 200]);
  for (const name of ['device_id', 'org.matrix.msc3202.device_id']) {
    assert.equal((await ask('GET', `/account/whoami?${who}&${name}=PHONE`)).body.device_id, 'PHONE');
  }
  assert.equal(outcome(await ask('POST', `/keys/upload?${who}`, { body: {} })), '400 M_MISSING_PARAM');
  assert.equal(outcome(await ask('POST', `/keys/upload?${who}&device_id=PHONE`, { body: {} })), 200);
  assert.equal(outcome(await ask('DELETE', `/devices/PHONE?${who}`, { body: {} })), 200);
  assert.equal(outcome(await ask('GET', `/account/whoami?${who}&device_id=PHONE`)), '400 M_UNKNOWN_DEVICE');
});

test('a service says when an event happened, and nobody else does', async () => {
  const dora = await registerUser(url, 'dora');
  const { body: made } = await ask('POST', '/createRoom', { body: { preset: 'public_chat' } });
  const room = `/rooms/${encodeURIComponent(made.room_id)}`;
  await dora.call('POST', `${v3}${room}/join`, {});
  const time = async (eventId: string) => (await dora.call('GET', `${v3}${room}/event/${eventId}`)).origin_server_ts;
  const sent = await ask('PUT', `${room}/send/m.room.message/1?ts=1000000000000`, {
    body: { body: 'old', msgtype: 'm.text' },
  });
  assert.equal(await time(sent.body.event_id), 1_000_000_000_000);
  const state = await ask('PUT', `${room}/state/org.example.old?ts=1000000000001`, { body: { a: 1 } });
  assert.equal(await time(state.body.event_id), 1_000_000_000_001);
  const own = await dora.call('PUT', `${v3}${room}/send/m.room.message/1?ts=5`, { body: 'new', msgtype: 'm.text' });
  assert.ok((await time(own.event_id)) > 1_000_000_000_001);
});

test('files are added, changed and removed while the server runs, on every process', async () => {
  const other = await homeserver.startProcess();
  const whoami = (asToken: string, baseUrl: string) => ask('GET', '/account/whoami', { token: asToken }, baseUrl);
  await files.put('late.yml', fakeRegistration('late'));
  await registered('late');
  await registered('late', other.context);
  for (const baseUrl of [url, other.url]) {
    assert.equal((await whoami('as-token-of-late', baseUrl)).body.user_id, '@latebot:test.example');
  }
  await files.put('late.yml', fakeRegistration('late', { as_token: 'another' }));
  await until(() => services().findByToken('another') !== undefined);
  assert.equal(outcome(await whoami('as-token-of-late', url)), '401 M_UNKNOWN_TOKEN');
  await files.remove('late.yml');
  for (const context of [homeserver.context, other.context]) {
    await until(() => services(context).find('late') === undefined, context);
  }
  assert.equal(outcome(await whoami('another', url)), '401 M_UNKNOWN_TOKEN');
  await other.stop();
});

test('a file that became unusable leaves its service as it was, and the others go on', async () => {
  await files.put('odd.yaml', fakeRegistration('odd'));
  await registered('odd');
  await files.put('odd.yaml', 'id: odd\nnamespaces: 7\n');
  await files.put('even.yaml', fakeRegistration('even'));
  await registered('even');
  assert.ok(services().find('odd'));
});

test('rate limits hold for the users of a service that says so, and not for its sender', async () => {
  const limited = await startTestHomeserver({
    config: {
      'application_services.folder': files.folder,
      'rate_limits.enabled': true,
      'rate_limits.request.burst': 2,
      'rate_limits.request.per_second': 0.0001,
      'rate_limits.login_address.burst': 2,
      'rate_limits.login_address.per_second': 0.0001,
    },
  });
  const statuses = async (asToken: string, query: string) => {
    const replies = Array.from({ length: 4 }, () =>
      ask('GET', `/account/whoami${query}`, { token: asToken }, limited.baseUrl),
    );
    return (await Promise.all(replies)).map(({ status }) => status).sort((a, b) => a - b);
  };
  const body = (username: string) => ({ type: 'm.login.application_service', username, inhibit_login: true });
  for (const name of ['_irc_1', '_irc_2', '_irc_3', '_irc_4']) {
    assert.equal(outcome(await ask('POST', '/register', { body: body(name) }, limited.baseUrl)), 200);
  }
  const slow = { token: 'as-token-of-limited', body: body('_limited_1') };
  assert.equal(outcome(await ask('POST', '/register', slow, limited.baseUrl)), 200);
  assert.deepEqual(await statuses(token, `?${as('@_irc_1:test.example')}`), [200, 200, 200, 200]);
  assert.deepEqual(await statuses('as-token-of-limited', ''), [200, 200, 200, 200]);
  assert.deepEqual(await statuses('as-token-of-limited', `?${as('@_limited_1:test.example')}`), [200, 200, 429, 429]);
  await limited.stop();
});

const services = (context = homeserver.context) => applicationServices.of(context);
const registered = (id: string, context = homeserver.context) =>
  until(() => services(context).find(id) !== undefined, context);

/** Waits for a change of what a process knows of application services. */
async function until(isSo: () => boolean, context = homeserver.context): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => services(context).subscribe(resolve));
}
