import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';

let homeserver: TestHomeserver;
let alice: TestClient;
let bob: TestClient;
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await makeTestClient(homeserver, 'alice');
  bob = await makeTestClient(homeserver, 'bob');
});
after(() => homeserver.stop());

async function makeRoom(body: object): Promise<string> {
  return (await alice.call('POST', '/createRoom', body)).room_id;
}

function state(roomId: string, type: string, key = '') {
  return alice.call('GET', `/rooms/${encodeURIComponent(roomId)}/state/${type}/${encodeURIComponent(key)}`);
}

async function refusal(body: object): Promise<[number, string]> {
  const reply = await alice.request('POST', '/createRoom', body);
  return [reply.status, reply.body.errcode];
}

test('an empty request makes a private room of the default version', async () => {
  const roomId = await makeRoom({});
  assert.deepEqual(await state(roomId, 'm.room.create'), { room_version: '12' });
  assert.deepEqual(await state(roomId, 'm.room.join_rules'), { join_rule: 'invite' });
  assert.deepEqual(await state(roomId, 'm.room.history_visibility'), { history_visibility: 'shared' });
  assert.deepEqual(await state(roomId, 'm.room.guest_access'), { guest_access: 'can_join' });
});

for (const version of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']) {
  test(`room version ${version} can be asked for`, async () => {
    const roomId = await makeRoom({ room_version: version, preset: 'public_chat', name: 'Room' });
    const content = await state(roomId, 'm.room.create');
    assert.equal(content.room_version, version);
    assert.equal(content.creator, Number(version) < 11 ? alice.userId : undefined);
    assert.equal((await state(roomId, 'm.room.power_levels')).users[alice.userId], version === '12' ? undefined : 100);
  });
}

test('what the request says about the room is in its state', async () => {
  const roomId = await makeRoom({
    name: 'Name',
    topic: 'Topic',
    room_alias_name: 'whole',
    visibility: 'public',
    is_direct: true,
    invite: [bob.userId, bob.userId],
    creation_content: { 'm.federate': false, creator: '@mallory:test.example', room_version: '1', type: 'm.space' },
    power_level_content_override: { events_default: 7 },
    initial_state: [
      { type: 'm.room.name', content: { name: 'Overridden' } },
      { type: 'm.room.history_visibility', content: { history_visibility: 'joined' } },
      { type: 'org.example', state_key: 'key', content: { a: 1 } },
    ],
  });
  assert.deepEqual(await state(roomId, 'm.room.name'), { name: 'Name' });
  assert.equal((await state(roomId, 'm.room.topic')).topic, 'Topic');
  assert.deepEqual(await state(roomId, 'm.room.canonical_alias'), { alias: '#whole:test.example' });
  assert.deepEqual(await state(roomId, 'm.room.join_rules'), { join_rule: 'public' });
  assert.deepEqual(await state(roomId, 'm.room.history_visibility'), { history_visibility: 'joined' });
  assert.deepEqual(await state(roomId, 'org.example', 'key'), { a: 1 });
  assert.deepEqual(await state(roomId, 'm.room.create'), {
    'm.federate': false,
    room_version: '12',
    type: 'm.space',
  });
  assert.equal((await state(roomId, 'm.room.power_levels')).events_default, 7);
  assert.deepEqual(await state(roomId, 'm.room.member', bob.userId), {
    membership: 'invite',
    is_direct: true,
    displayname: 'bob',
  });
  assert.deepEqual(await alice.call('GET', `/directory/list/room/${encodeURIComponent(roomId)}`), {
    visibility: 'public',
  });
});

test('the invited of a trusted private chat stand as high as its maker', async () => {
  const preset = 'trusted_private_chat';
  const old = await makeRoom({ preset, invite: [bob.userId], room_version: '11' });
  assert.equal((await state(old, 'm.room.power_levels')).users[bob.userId], 100);
  const newest = await makeRoom({ preset, invite: [bob.userId] });
  assert.deepEqual((await state(newest, 'm.room.create')).additional_creators, [bob.userId]);
});

test('an alias that is taken is refused, and one of a room that could not be made is free again', async () => {
  await makeRoom({ room_alias_name: 'taken' });
  assert.deepEqual(await refusal({ room_alias_name: 'taken' }), [400, 'M_ROOM_IN_USE']);
  const impossible = { room_alias_name: 'impossible', power_level_content_override: { users: { nobody: 1 } } };
  assert.deepEqual(await refusal(impossible), [400, 'M_INVALID_ROOM_STATE']);
  await makeRoom({ room_alias_name: 'impossible' });
});

test('two requests for one alias at the same time make one room', async () => {
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => alice.request('POST', '/createRoom', { room_alias_name: 'contested' })),
  );
  assert.deepEqual(
    replies.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 400, 400, 400, 400],
  );
});

test('equal requests at the same time make rooms of their own', async () => {
  const rooms = await Promise.all(Array.from({ length: 8 }, () => makeRoom({ name: 'Equal' })));
  assert.equal(new Set(rooms).size, 8);
});

test('requests that cannot be met are refused with the code that says why', async () => {
  assert.deepEqual(await refusal({ room_version: '99' }), [400, 'M_UNSUPPORTED_ROOM_VERSION']);
  assert.deepEqual(await refusal({ preset: 'nonsense' }), [400, 'M_BAD_JSON']);
  assert.deepEqual(await refusal({ initial_state: [{ type: 'a' }] }), [400, 'M_BAD_JSON']);
  assert.deepEqual(await refusal({ initial_state: [{ type: 'a', content: { n: 1.5 } }] }), [400, 'M_BAD_JSON']);
  assert.deepEqual(await refusal({ invite: ['bob'] }), [400, 'M_INVALID_PARAM']);
  assert.deepEqual(await refusal({ invite: ['@bob:elsewhere.example'] }), [502, 'M_CONNECTION_FAILED']);
  assert.deepEqual(await refusal({ room_alias_name: 'a:b' }), [400, 'M_INVALID_PARAM']);
  assert.deepEqual(await refusal({ name: 'x'.repeat(70_000) }), [413, 'M_TOO_LARGE']);
  const foreignAlias = { type: 'm.room.canonical_alias', content: { alias: '#whole:test.example' } };
  assert.deepEqual(await refusal({ initial_state: [foreignAlias] }), [400, 'M_BAD_ALIAS']);
  const thirdParty = { id_server: 'id.example', id_access_token: 't', medium: 'email', address: 'a@b.example' };
  assert.deepEqual(await refusal({ invite_3pid: [thirdParty] }), [400, 'M_SERVER_NOT_TRUSTED']);
});

test('numbers with a fraction are allowed where the room version allows them', async () => {
  const initial_state = [{ type: 'org.example', content: { n: 1.5 } }];
  assert.deepEqual(await state(await makeRoom({ room_version: '5', initial_state }), 'org.example'), { n: 1.5 });
});

test('who blocks invitations is not invited', async () => {
  const carol = await makeTestClient(homeserver, 'carol');
  const path = `/user/${encodeURIComponent(carol.userId)}/account_data/m.invite_permission_config`;
  await carol.call('PUT', path, { default_action: 'block' });
  assert.deepEqual(await refusal({ invite: [carol.userId] }), [403, 'M_INVITE_BLOCKED']);
});
