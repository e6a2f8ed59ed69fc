import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FakeServer, startFakeServer } from '../../../testing/start-fake-server.ts';
import { type FederatedHomeservers, startFederatedHomeservers } from '../../../testing/start-federated-homeservers.ts';
import { type SyncClient, syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let fake: FakeServer;
let alice: TestUser;
let bob: TestUser;
let carol: TestUser;
let aliceSync: SyncClient;
let bobSync: SyncClient;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  fake = await startFakeServer(federation.network, 'fake.test');
  const [one, two] = federation.homeservers;
  assert.ok(one && two);
  alice = await registerUser(one.baseUrl, 'alice');
  bob = await registerUser(two.baseUrl, 'bob');
  carol = await registerUser(two.baseUrl, 'carol');
  aliceSync = syncClient(alice);
  bobSync = syncClient(bob);
});
after(async () => {
  await federation.stop();
  await fake.stop();
});

const client = '/_matrix/client/v3';
const inRoom = (roomId: string, rest: string) => `${client}/rooms/${encodeURIComponent(roomId)}${rest}`;

async function createRoom(version: string): Promise<string> {
  const body = { preset: 'public_chat', room_version: version, name: 'Far away' };
  return (await alice.call('POST', `${client}/createRoom`, body)).room_id;
}

function join(user: TestUser, roomId: string, via: string) {
  return user.send('POST', `${client}/join/${encodeURIComponent(roomId)}?${via}`, {
    body: {},
    token: user.accessToken,
  });
}

let messages = 0;

async function say(user: TestUser, roomId: string, body: string): Promise<void> {
  await user.call('PUT', inRoom(roomId, `/send/m.room.message/${messages++}`), { msgtype: 'm.text', body });
}

async function hear(sync: SyncClient, roomId: string, body: string): Promise<void> {
  const isSaid = (event: AnyJson) => event.content.body === body;
  await sync.until((reply) => reply.rooms?.join?.[roomId]?.timeline.events.some(isSaid));
}

for (const version of ['1', '6', '10', '11', '12']) {
  test(`a user of another server joins a room of version ${version}, talks, leaves and comes back`, async () => {
    const roomId = await createRoom(version);
    await say(alice, roomId, 'before');
    const joined = await join(bob, roomId, 'via=one.test');
    assert.deepEqual([joined.status, joined.body.room_id], [200, roomId]);
    for (const user of [alice, bob]) {
      const member = await user.call('GET', inRoom(roomId, `/state/m.room.member/${bob.userId}`));
      assert.deepEqual(member, { membership: 'join', displayname: 'bob' });
    }
    assert.deepEqual(await bob.call('GET', inRoom(roomId, '/state/m.room.name')), { name: 'Far away' });
    const { joined: members } = await bob.call('GET', inRoom(roomId, '/joined_members'));
    assert.deepEqual(Object.keys(members).sort(), [alice.userId, bob.userId].sort());
    await say(alice, roomId, 'welcome');
    await hear(bobSync, roomId, 'welcome');
    await say(bob, roomId, 'thanks');
    await hear(aliceSync, roomId, 'thanks');

    await bob.call('POST', inRoom(roomId, '/leave'), {});
    await aliceSync.until((reply) =>
      reply.rooms?.join?.[roomId]?.timeline.events.some((event: AnyJson) => event.content.membership === 'leave'),
    );
    await alice.call('PUT', inRoom(roomId, '/state/m.room.name'), { name: 'Changed' });
    assert.equal((await join(bob, roomId, 'server_name=one.test')).status, 200);
    assert.deepEqual(await bob.call('GET', inRoom(roomId, '/state/m.room.name')), { name: 'Changed' });
    await say(alice, roomId, 'again');
    await hear(bobSync, roomId, 'again');
  });
}

test('two users of a server who join at the same time are both in, whoever is first', async () => {
  const roomId = await createRoom('11');
  const replies = await Promise.all([join(bob, roomId, 'via=one.test'), join(carol, roomId, 'via=one.test')]);
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200],
  );
  const { joined } = await carol.call('GET', inRoom(roomId, '/joined_members'));
  assert.deepEqual(Object.keys(joined).sort(), [alice.userId, bob.userId, carol.userId].sort());
});

test('servers that cannot help are passed over', async () => {
  const roomId = await createRoom('12');
  const place = `${encodeURIComponent(roomId)}/${encodeURIComponent(bob.userId)}`;
  fake.answer(`/_matrix/federation/v1/make_join/${place}`, (response) => {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end('{"errcode":"M_NOT_FOUND","error":"Unknown room"}');
    return undefined;
  });
  assert.equal((await join(bob, roomId, 'via=gone.test&via=fake.test&via=one.test')).status, 200);
});

test('when a named server cannot let the user in, only those that are named are asked', async () => {
  const roomId = await createRoom('10');
  const place = `${encodeURIComponent(roomId)}/${encodeURIComponent(bob.userId)}`;
  fake.answer(`/_matrix/federation/v1/make_join/${place}`, (response) => {
    response.writeHead(400, { 'Content-Type': 'application/json' });
    response.end('{"errcode":"M_UNABLE_TO_GRANT_JOIN","error":"Nobody here may let you in"}');
    return undefined;
  });
  const { status, body } = await join(bob, roomId, 'via=fake.test');
  assert.deepEqual([status, body.errcode], [400, 'M_UNABLE_TO_GRANT_JOIN']);
  assert.equal((await join(bob, roomId, 'via=fake.test&via=one.test')).status, 200);
});

test('a template of something else is signed by nobody', async () => {
  const roomId = '!else:fake.test';
  const place = `${encodeURIComponent(roomId)}/${encodeURIComponent(bob.userId)}`;
  const sound = {
    ...{ type: 'm.room.member', room_id: roomId, sender: bob.userId, state_key: bob.userId },
    ...{ content: { membership: 'join' }, origin_server_ts: 1, depth: 3, prev_events: [], auth_events: [] },
  };
  const wrong = [
    { ...sound, room_id: '!other:fake.test' },
    { ...sound, sender: carol.userId },
    { ...sound, state_key: carol.userId },
    { ...sound, content: { membership: 'ban' } },
    { ...sound, type: 'm.room.power_levels' },
    { ...sound, depth: -1 },
  ];
  for (const event of wrong) {
    fake.answer(`/_matrix/federation/v1/make_join/${place}`, { room_version: '10', event });
    const reply = await join(bob, roomId, 'via=fake.test');
    assert.deepEqual([reply.status, reply.body.errcode], [502, 'M_CONNECTION_FAILED']);
  }
  assert.equal(
    fake.requests.some(({ url }) => url.includes('send_join')),
    false,
  );
});

test('only joins of users of the asking server, in versions that it knows, are let in', async () => {
  const roomId = await createRoom('11');
  const [one] = federation.homeservers;
  const outcome = async (method: string, path: string, body?: AnyJson) => {
    const reply = await fake.send(one?.baseUrl ?? '', 'one.test', method, `/_matrix/federation${path}`, body);
    return `${reply.status} ${reply.body.errcode ?? ''}`;
  };
  const room = encodeURIComponent(roomId);
  const user = encodeURIComponent('@x:fake.test');
  assert.equal(await outcome('GET', `/v1/make_join/${room}/${user}?ver=11`), '200 ');
  assert.equal(await outcome('GET', `/v1/make_join/${room}/${user}`), '400 M_INCOMPATIBLE_ROOM_VERSION');
  assert.equal(
    await outcome('GET', `/v1/make_join/${room}/${encodeURIComponent(bob.userId)}?ver=11`),
    '403 M_FORBIDDEN',
  );
  assert.equal(
    await outcome('GET', `/v1/make_join/${encodeURIComponent('!no:one.test')}/${user}?ver=11`),
    '404 M_NOT_FOUND',
  );
  assert.equal(await outcome('GET', `/v1/make_leave/${room}/${user}`), '403 M_FORBIDDEN');
  for (const version of ['v1', 'v2']) {
    assert.equal(await outcome('PUT', `/${version}/send_join/${room}/$a`, {}), '400 M_INVALID_PARAM');
    assert.equal(await outcome('PUT', `/${version}/send_leave/${room}/$a`, {}), '400 M_INVALID_PARAM');
  }
  await alice.call('PUT', inRoom(roomId, '/state/m.room.server_acl'), { allow: ['*'], deny: ['fake.test'] });
  assert.equal(await outcome('GET', `/v1/make_join/${room}/${user}?ver=11`), '403 M_FORBIDDEN');
});
