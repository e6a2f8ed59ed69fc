import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, request } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let url: string;
before(async () => {
  homeserver = await startTestHomeserver();
  url = homeserver.baseUrl;
});
after(() => homeserver.stop());

const profile = '/_matrix/client/v3/profile';

test('a new user is called by the user name', async () => {
  const user = await registerUser(url, 'petra');
  assert.deepEqual((await request(url, 'GET', `${profile}/${user.userId}`)).body, { displayname: 'petra' });
});

test('fields are set, read, replaced and removed, and an empty name or avatar is none', async () => {
  const user = await registerUser(url, 'paul');
  const mine = `${profile}/${user.userId}`;
  await user.call('PUT', `${mine}/displayname`, { displayname: 'Paul 🐙' });
  await user.call('PUT', `${mine}/avatar_url`, { avatar_url: 'mxc://test.example/abc' });
  await user.call('PUT', `${mine}/m.tz`, { 'm.tz': 'Europe/London' });
  await user.call('PUT', `${mine}/org.example.field`, { 'org.example.field': { deep: [1, null, 'x'] } });
  await user.call('PUT', `${mine}/org.example.nothing`, { 'org.example.nothing': null });
  assert.deepEqual((await request(url, 'GET', mine)).body, {
    displayname: 'Paul 🐙',
    avatar_url: 'mxc://test.example/abc',
    'm.tz': 'Europe/London',
    'org.example.field': { deep: [1, null, 'x'] },
    'org.example.nothing': null,
  });
  assert.deepEqual((await request(url, 'GET', `${mine}/displayname`)).body, { displayname: 'Paul 🐙' });
  await user.call('DELETE', `${mine}/org.example.field`);
  await user.call('DELETE', `${mine}/org.example.field`);
  await user.call('DELETE', `${mine}/org.example.nothing`);
  await user.call('PUT', `${mine}/displayname`, { displayname: '' });
  await user.call('PUT', `${mine}/avatar_url`, { avatar_url: '' });
  assert.deepEqual((await request(url, 'GET', mine)).body, { 'm.tz': 'Europe/London' });
  assert.equal((await request(url, 'GET', `${mine}/displayname`)).body.errcode, 'M_NOT_FOUND');
});

for (const [name, field, body, errcode] of [
  ['a name that is no text', 'displayname', { displayname: 5 }, 'M_INVALID_PARAM'],
  ['a name that is too long', 'displayname', { displayname: 'x'.repeat(257) }, 'M_INVALID_PARAM'],
  ['an avatar that is no text', 'avatar_url', { avatar_url: 5 }, 'M_INVALID_PARAM'],
  ['a time zone that is no text', 'm.tz', { 'm.tz': ['x'] }, 'M_INVALID_PARAM'],
  ['a body without the field', 'displayname', { avatar_url: 'mxc://a/b' }, 'M_MISSING_PARAM'],
  ['a field without a namespace', 'colour', { colour: 'red' }, 'M_INVALID_PARAM'],
  ['a field with a capital', 'org.Example', { 'org.Example': 1 }, 'M_INVALID_PARAM'],
  ['__proto__', '__proto__', '{"__proto__":{"a":1}}', 'M_INVALID_PARAM'],
  ['a field whose name is too long', `org.${'x'.repeat(260)}`, {}, 'M_KEY_TOO_LARGE'],
  ['a value that is too large', 'org.example.big', { 'org.example.big': 'x'.repeat(66_000) }, 'M_PROFILE_TOO_LARGE'],
] as const) {
  test(`${name} is refused with ${errcode}`, async () => {
    const user = await registerUser(url, `p${Math.random().toString(36).slice(2)}`);
    const reply = await user.send('PUT', `${profile}/${user.userId}/${field}`, { body });
    assert.deepEqual([reply.status, reply.body.errcode], [400, errcode], JSON.stringify(reply.body));
  });
}

test('a profile stays under 64 KiB in all', async () => {
  const user = await registerUser(url, 'pia');
  const mine = `${profile}/${user.userId}`;
  await user.call('PUT', `${mine}/org.example.a`, { 'org.example.a': 'x'.repeat(40_000) });
  const reply = await user.call('PUT', `${mine}/org.example.b`, { 'org.example.b': 'x'.repeat(40_000) }, 400);
  assert.equal(reply.errcode, 'M_PROFILE_TOO_LARGE');
  await user.call('PUT', `${mine}/org.example.a`, { 'org.example.a': 'y'.repeat(50_000) });
});

test('nobody changes the profile of another, and a suspended user not the own', async () => {
  const user = await registerUser(url, 'pam');
  const other = await registerUser(url, 'pit');
  const path = `${profile}/${user.userId}/displayname`;
  assert.equal((await other.call('PUT', path, { displayname: 'x' }, 403)).errcode, 'M_FORBIDDEN');
  assert.equal((await other.call('DELETE', path, undefined, 403)).errcode, 'M_FORBIDDEN');
  await setAccountFlags(homeserver.context, user.userId, { isSuspended: true });
  assert.equal((await user.call('PUT', path, { displayname: 'x' }, 403)).errcode, 'M_USER_SUSPENDED');
  await user.call('GET', `${profile}/${user.userId}`);
});

test('an unknown user is M_NOT_FOUND, one of a server that cannot be asked a failure of that server', async () => {
  for (const userId of ['@nobody:test.example', 'nonsense']) {
    assert.equal((await request(url, 'GET', `${profile}/${userId}`)).body.errcode, 'M_NOT_FOUND');
  }
  const reply = await request(url, 'GET', `${profile}/@x:other.example`);
  assert.deepEqual([reply.status, reply.body.errcode], [502, 'M_UNKNOWN']);
});

test('a new name and avatar stand in the member events of all joined rooms, once', async () => {
  const user = await registerUser(url, 'pola');
  const create = async () => (await user.call('POST', '/_matrix/client/v3/createRoom', {})).room_id as string;
  const rooms = [await create(), await create(), await create()];
  const left = await create();
  await user.call('POST', `/_matrix/client/v3/rooms/${left}/leave`, {});
  await user.call('PUT', `${profile}/${user.userId}/displayname`, { displayname: 'Pola' });
  await user.call('PUT', `${profile}/${user.userId}/avatar_url`, { avatar_url: 'mxc://test.example/p' });
  await user.call('PUT', `${profile}/${user.userId}/displayname`, { displayname: 'Pola' });
  for (const room of rooms) {
    const member = await user.call('GET', `/_matrix/client/v3/rooms/${room}/state/m.room.member/${user.userId}`);
    assert.deepEqual(member, { membership: 'join', displayname: 'Pola', avatar_url: 'mxc://test.example/p' });
    const { chunk } = await user.call('GET', `/_matrix/client/v3/rooms/${room}/messages?dir=b&limit=50`);
    const memberEvents = chunk.filter((event: { type: string }) => event.type === 'm.room.member');
    assert.equal(memberEvents.length, 3, 'joined, renamed, avatar');
  }
  await user.call('DELETE', `${profile}/${user.userId}/displayname`);
  const member = await user.call('GET', `/_matrix/client/v3/rooms/${rooms[0]}/state/m.room.member/${user.userId}`);
  assert.deepEqual(member, { membership: 'join', avatar_url: 'mxc://test.example/p' });
});
