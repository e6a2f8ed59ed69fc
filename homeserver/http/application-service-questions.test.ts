import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  fakeRegistration,
  makeRegistrationFiles,
  type RegistrationFiles,
} from '../testing/application-service-files.ts';
import { type FakeApplicationService, startFakeApplicationService } from '../testing/start-fake-application-service.ts';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { registerUser, request, type TestUser } from '../testing/test-user.ts';

let files: RegistrationFiles;
let service: FakeApplicationService;
let homeserver: TestHomeserver;
let alice: TestUser;
before(async () => {
  [files, service] = await Promise.all([makeRegistrationFiles(), startFakeApplicationService()]);
  await files.put('irc.yaml', fakeRegistration('irc', { url: `${service.url}/`, protocols: ['irc'] }));
  await files.put('mute.yaml', fakeRegistration('mute'));
  homeserver = await startTestHomeserver({ config: { 'application_services.folder': files.folder } });
  alice = await registerUser(homeserver.baseUrl, 'alice');
});
after(async () => {
  await homeserver.stop();
  await service.stop();
  await files.drop();
});

const v3 = '/_matrix/client/v3';
const ask = (method: string, path: string, body?: object, token = 'as-token-of-irc') =>
  request(homeserver.baseUrl, method, path, { token, body });
const ping = (id: string, token?: string) =>
  ask('POST', `/_matrix/client/v1/appservice/${id}/ping`, { transaction_id: 't' }, token);

test('a ping goes both ways and says how long it took', async () => {
  service.answer = ({ url, body }) => (url === '/_matrix/app/v1/ping' && body.transaction_id === 't' ? {} : undefined);
  const reply = await ping('irc');
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.equal(typeof reply.body.duration_ms, 'number');
});

test('a ping that fails says why', async () => {
  service.answer = () => undefined;
  const refused = await ping('irc');
  assert.deepEqual([refused.status, refused.body.errcode, refused.body.status], [502, 'M_BAD_STATUS', 404]);
  const other = await ping('mute');
  assert.deepEqual([other.status, other.body.errcode], [403, 'M_FORBIDDEN']);
  const mute = await ping('mute', 'as-token-of-mute');
  assert.deepEqual([mute.status, mute.body.errcode], [400, 'M_URL_NOT_SET']);
  const person = await ping('irc', alice.accessToken);
  assert.deepEqual([person.status, person.body.errcode], [403, 'M_FORBIDDEN']);
});

test('a service is asked for an alias of its namespaces, and makes the room before it says yes', async () => {
  service.answer = async ({ url }) => {
    if (url !== `/_matrix/app/v1/rooms/${encodeURIComponent('#_irc_tea:test.example')}`) return undefined;
    await ask('POST', `${v3}/createRoom`, { room_alias_name: '_irc_tea', preset: 'public_chat' });
    return {};
  };
  const joined = await alice.call('POST', `${v3}/join/${encodeURIComponent('#_irc_tea:test.example')}`, {});
  assert.ok(joined.room_id);
  const unknown = await alice.send('GET', `${v3}/directory/room/${encodeURIComponent('#_irc_none:test.example')}`);
  assert.equal(unknown.body.errcode, 'M_NOT_FOUND');
});

test('a service is asked for a user of its namespaces, and makes the account before it says yes', async () => {
  service.answer = async ({ url }) => {
    if (url !== `/_matrix/app/v1/users/${encodeURIComponent('@_irc_bea:test.example')}`) return undefined;
    await ask('POST', `${v3}/register`, {
      type: 'm.login.application_service',
      username: '_irc_bea',
      inhibit_login: true,
    });
    return {};
  };
  const { room_id: roomId } = await alice.call('POST', `${v3}/createRoom`, {});
  await alice.call('POST', `${v3}/rooms/${encodeURIComponent(roomId)}/invite`, { user_id: '@_irc_bea:test.example' });
  const profile = await alice.call('GET', `${v3}/profile/${encodeURIComponent('@_irc_bea:test.example')}`);
  assert.equal(profile.displayname, '_irc_bea');
  const invited = await service.waitFor(() =>
    service.events().find((event) => event.state_key === '@_irc_bea:test.example'),
  );
  assert.equal(invited.content.membership, 'invite');
});

test('networks, their rooms and people are what the services say of them', async () => {
  service.answer = ({ url }) => {
    if (url === '/_matrix/app/v1/thirdparty/protocol/irc') {
      return {
        user_fields: ['nick'],
        location_fields: ['channel'],
        icon: 'mxc://a/b',
        field_types: {},
        instances: [{ network_id: 'libera', desc: 'Libera', fields: {} }],
      };
    }
    if (url === '/_matrix/app/v1/thirdparty/location/irc?channel=%23tea')
      return [{ alias: '#_irc_tea:test.example', protocol: 'irc', fields: {} }];
    if (url === '/_matrix/app/v1/thirdparty/user?userid=%40a%3Ab')
      return [{ userid: '@a:b', protocol: 'irc', fields: {} }];
    return undefined;
  };
  const { irc } = await alice.call('GET', `${v3}/thirdparty/protocols`);
  assert.deepEqual([irc.user_fields, irc.instances[0].instance_id], [['nick'], 'irc|libera']);
  assert.deepEqual((await alice.call('GET', `${v3}/thirdparty/protocol/irc`)).location_fields, ['channel']);
  const none = await alice.send('GET', `${v3}/thirdparty/protocol/xmpp`);
  assert.equal(none.body.errcode, 'M_NOT_FOUND');
  const [room] = await alice.call('GET', `${v3}/thirdparty/location/irc?channel=%23tea`);
  assert.equal(room.alias, '#_irc_tea:test.example');
  assert.equal((await alice.call('GET', `${v3}/thirdparty/user?userid=%40a%3Ab`))[0].userid, '@a:b');
  assert.deepEqual(await alice.call('GET', `${v3}/thirdparty/user/xmpp`), []);
});

test('a service lists rooms under networks of its own, which are found by network, and with all networks', async () => {
  const { room_id: listed } = await alice.call('POST', `${v3}/createRoom`, { name: 'Tea channel' });
  const { room_id: published } = await alice.call('POST', `${v3}/createRoom`, { name: 'Tea', visibility: 'public' });
  const path = (network: string, roomId = listed) =>
    `${v3}/directory/list/appservice/${network}/${encodeURIComponent(roomId)}`;
  const isOk = async (reply: Promise<{ status: number; body: object }>) => {
    const { status, body } = await reply;
    assert.equal(status, 200, JSON.stringify(body));
  };
  await isOk(ask('PUT', path('libera'), { visibility: 'public' }));
  await isOk(ask('PUT', path('libera'), { visibility: 'public' }));
  await isOk(ask('PUT', path('oftc', published), { visibility: 'public' }));
  const find = async (query: object): Promise<Set<string>> => {
    const { chunk } = await alice.call('POST', `${v3}/publicRooms`, {
      filter: { generic_search_term: 'tea' },
      ...query,
    });
    return new Set(chunk.map(({ room_id: roomId }: { room_id: string }) => roomId));
  };
  assert.deepEqual(await find({ third_party_instance_id: 'irc|libera' }), new Set([listed]));
  assert.deepEqual(await find({ third_party_instance_id: 'mute|libera' }), new Set());
  assert.deepEqual(await find({}), new Set([published]));
  assert.deepEqual(await find({ include_all_networks: true }), new Set([listed, published]));
  const visibility = await alice.call('GET', `${v3}/directory/list/room/${encodeURIComponent(listed)}`);
  assert.equal(visibility.visibility, 'private');
  // Another service's network of the same name is another one.
  await isOk(ask('PUT', path('libera'), { visibility: 'private' }, 'as-token-of-mute'));
  assert.deepEqual(await find({ third_party_instance_id: 'irc|libera' }), new Set([listed]));
  await isOk(ask('PUT', path('libera'), { visibility: 'private' }));
  assert.deepEqual(await find({ third_party_instance_id: 'irc|libera' }), new Set());
});

test('only application services have networks, and only rooms that are here are listed', async () => {
  const path = (network: string, roomId: string) =>
    `${v3}/directory/list/appservice/${encodeURIComponent(network)}/${encodeURIComponent(roomId)}`;
  const { room_id: roomId } = await alice.call('POST', `${v3}/createRoom`, {});
  const visibility = 'public';
  const person = await alice.send('PUT', path('libera', roomId), { body: { visibility } });
  assert.deepEqual([person.status, person.body.errcode], [403, 'M_FORBIDDEN']);
  const unknown = await ask('PUT', path('libera', '!none:test.example'), { visibility });
  assert.deepEqual([unknown.status, unknown.body.errcode], [404, 'M_NOT_FOUND']);
  const long = await ask('PUT', path('n'.repeat(256), roomId), { visibility });
  assert.deepEqual([long.status, long.body.errcode], [400, 'M_INVALID_PARAM']);
  const missing = await ask('PUT', path('libera', roomId), {});
  assert.deepEqual([missing.status, missing.body.errcode], [400, 'M_BAD_JSON']);
});

test('an administrator sees what waits, pauses, resumes, and has an event passed over', async () => {
  const admin = await registerUser(homeserver.baseUrl, 'admin');
  await homeserver.context.database`UPDATE account SET is_admin = true WHERE user_id = ${admin.userId}`;
  const { accessToken } = await login(admin);
  const call = async (method: string, path: string, body?: object) => {
    const reply = await request(homeserver.baseUrl, method, `/_holdfast/v1/admin/appservices${path}`, {
      token: accessToken,
      body,
    });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  };
  const status = async () => (await call('GET', '')).appservices.find(({ id }: { id: string }) => id === 'irc');
  const { room_id: roomId } = await alice.call('POST', `${v3}/createRoom`, { preset: 'public_chat' });
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  await ask('POST', `${v3}${room}/join`, {});
  await service.waitFor(() => service.events().some((event) => event.room_id === roomId));
  service.behaviour = 'refuse';
  const before = service.transactions.length;
  const say = async (body: string) =>
    (await alice.call('PUT', `${v3}${room}/send/m.room.message/${body}`, { body, msgtype: 'm.text' })).event_id;
  const poison = await say('poison');
  await service.waitFor(() => service.transactions.length > before);
  while ((await status()).failures === 0) await new Promise((resolve) => setImmediate(resolve));
  const failing = await status();
  assert.deepEqual([failing.last_error, failing.queued > 0], ['it answered with status 500', true]);
  await call('POST', '/irc/pause', {});
  assert.equal((await status()).state, 'paused');
  await say('later');
  service.behaviour = 'well';
  assert.deepEqual((await call('POST', '/irc/skip', { event_ids: [poison] })).skipped, [poison]);
  await call('POST', '/irc/resume', {});
  const texts = () => service.events().map(({ content }) => content.body);
  await service.waitFor(() => texts().includes('later'));
  assert.ok(!texts().includes('poison'));
  const [skip] = await homeserver.context.database`SELECT * FROM application_service_skip`;
  assert.deepEqual([skip?.['what'], skip?.['last_error']], [poison, 'it answered with status 500']);
});

async function login(user: TestUser): Promise<{ accessToken: string }> {
  const body = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: user.userId },
    password: user.password,
  };
  const reply = await request(homeserver.baseUrl, 'POST', `${v3}/login`, { body });
  return { accessToken: reply.body.access_token };
}
