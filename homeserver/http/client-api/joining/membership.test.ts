import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';

let homeserver: TestHomeserver;
let alice: TestClient;
let bob: TestClient;
let carol: TestClient;
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await makeTestClient(homeserver, 'alice');
  bob = await makeTestClient(homeserver, 'bob');
  carol = await makeTestClient(homeserver, 'carol');
});
after(() => homeserver.stop());

async function makeRoom(body: object): Promise<string> {
  return (await alice.call('POST', '/createRoom', body)).room_id;
}

function act(client: TestClient, roomId: string, action: string, body: object = {}) {
  return client.request('POST', `/rooms/${encodeURIComponent(roomId)}/${action}`, body);
}

async function outcome(client: TestClient, roomId: string, action: string, body: object = {}) {
  const reply = await act(client, roomId, action, body);
  return reply.status === 200 ? 200 : `${reply.status} ${reply.body.errcode}`;
}

function member(client: TestClient, roomId: string, userId: string) {
  return client.call('GET', `/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${encodeURIComponent(userId)}`);
}

test('invite, join, kick, ban and unban say why and by whom', async () => {
  const roomId = await makeRoom({});
  const target = { user_id: bob.userId, reason: 'because' };
  assert.equal(await outcome(alice, roomId, 'invite', target), 200);
  assert.deepEqual(await member(alice, roomId, bob.userId), {
    membership: 'invite',
    displayname: 'bob',
    reason: 'because',
  });
  assert.equal(await outcome(bob, roomId, 'join', { reason: 'gladly' }), 200);
  assert.deepEqual(await member(alice, roomId, bob.userId), {
    membership: 'join',
    displayname: 'bob',
    reason: 'gladly',
  });
  assert.equal(await outcome(alice, roomId, 'kick', target), 200);
  assert.deepEqual(await member(alice, roomId, bob.userId), { membership: 'leave', reason: 'because' });
  assert.equal(await outcome(alice, roomId, 'ban', target), 200);
  assert.equal(await outcome(bob, roomId, 'join'), '403 M_FORBIDDEN');
  assert.equal(await outcome(alice, roomId, 'invite', target), '403 M_FORBIDDEN');
  assert.equal(await outcome(alice, roomId, 'unban', target), 200);
  assert.equal(await outcome(alice, roomId, 'unban', target), '403 M_FORBIDDEN');
  assert.deepEqual(await member(alice, roomId, bob.userId), { membership: 'leave', reason: 'because' });
});

test('what a join says beside its reason is in the member event, what only the server may say is not', async () => {
  const roomId = await makeRoom({ preset: 'public_chat' });
  const body = { reason: 'gladly', 'com.example.colour': 'green', membership: 'ban' };
  const said = { membership: 'join', displayname: 'bob', reason: 'gladly', 'com.example.colour': 'green' };
  for (const path of [`/join/${encodeURIComponent(roomId)}`, `/rooms/${encodeURIComponent(roomId)}/join`]) {
    await bob.call('POST', path, { ...body, join_authorised_via_users_server: alice.userId });
    assert.deepEqual(await member(alice, roomId, bob.userId), said);
    await act(bob, roomId, 'leave');
  }
});

test('those without the power, and those outside, are refused', async () => {
  const roomId = await makeRoom({ preset: 'public_chat' });
  await act(bob, roomId, 'join');
  for (const action of ['kick', 'ban', 'invite']) {
    const target = { user_id: action === 'invite' ? carol.userId : alice.userId };
    assert.equal(await outcome(bob, roomId, action, target), '403 M_FORBIDDEN', action);
    assert.equal(await outcome(carol, roomId, action, target), '403 M_FORBIDDEN', action);
  }
  assert.equal(await outcome(alice, roomId, 'kick', { user_id: carol.userId }), '403 M_FORBIDDEN');
  assert.equal(await outcome(alice, roomId, 'invite', { user_id: bob.userId }), '403 M_FORBIDDEN');
  assert.equal(await outcome(carol, roomId, 'leave'), '403 M_FORBIDDEN');
});

test('a stranger is told the same of a room that exists and of one that does not', async () => {
  const secret = await makeRoom({});
  const nowhere = `!${'x'.repeat(43)}`;
  const requests: [string, string, object?][] = [
    ['GET', '/state'],
    ['GET', '/state/m.room.create'],
    ['GET', '/messages?dir=b'],
    ['GET', '/members'],
    ['GET', '/joined_members'],
    ['GET', '/aliases'],
    ['PUT', '/send/m.room.message/1', { body: '' }],
    ['PUT', '/state/m.room.name', { name: '' }],
    ['PUT', '/state/m.room.canonical_alias', { alias: '#a:test.example' }],
    ['PUT', '/redact/$event/1', {}],
    ['POST', '/invite', { user_id: carol.userId }],
    ['POST', '/kick', { user_id: alice.userId }],
    ['POST', '/ban', { user_id: alice.userId }],
    ['POST', '/unban', { user_id: alice.userId }],
    ['POST', '/leave', {}],
    ['POST', '/forget', {}],
    ['GET', '/event/$event'],
    ['GET', '/context/$event'],
  ];
  for (const [method, path, sent] of requests) {
    const replies = await Promise.all(
      [secret, nowhere].map((roomId) => bob.request(method, `/rooms/${encodeURIComponent(roomId)}${path}`, sent)),
    );
    assert.ok(replies[0]?.status === 403 || replies[0]?.status === 404, `${method} ${path}`);
    const told = replies.map(({ status, body }) => ({ status, body }));
    assert.deepEqual(told[0], told[1], `${method} ${path}`);
  }
});

test('joining twice and leaving twice changes nothing', async () => {
  const roomId = await makeRoom({ preset: 'public_chat' });
  for (const action of ['join', 'join', 'leave', 'leave']) assert.equal(await outcome(bob, roomId, action), 200);
  const { chunk } = await alice.call('GET', `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=2`);
  assert.deepEqual(
    chunk.map((event: { content: { membership: string } }) => event.content.membership),
    ['leave', 'join'],
  );
});

test('a room is joined and knocked on by alias, and unknown ones are not found', async () => {
  const roomId = await makeRoom({ preset: 'public_chat', room_alias_name: 'by-alias' });
  const alias = encodeURIComponent('#by-alias:test.example');
  assert.deepEqual(await bob.call('POST', `/join/${alias}?via=test.example&via=b.example`, {}), { room_id: roomId });
  assert.equal((await bob.request('POST', `/join/${encodeURIComponent('#no:test.example')}`, {})).status, 404);
  assert.equal((await bob.request('POST', `/join/${encodeURIComponent('#no:b.example')}`, {})).status, 502);
  assert.equal((await bob.request('POST', `/knock/${encodeURIComponent('#no:b.example')}`, {})).status, 502);
  assert.equal((await bob.request('POST', `/join/${encodeURIComponent('!no:b.example')}`, {})).status, 502);
  assert.equal((await bob.request('POST', '/join/nonsense', {})).body.errcode, 'M_INVALID_PARAM');
});

test('who knocks can be invited or turned away, and may take the knock back', async () => {
  const roomId = await makeRoom({
    initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
    room_alias_name: 'knock',
  });
  const knock = () => bob.request('POST', `/knock/${encodeURIComponent('#knock:test.example')}`, { reason: 'please' });
  assert.deepEqual((await knock()).body, { room_id: roomId });
  assert.equal((await member(alice, roomId, bob.userId)).membership, 'knock');
  assert.equal(await outcome(bob, roomId, 'join'), '403 M_FORBIDDEN');
  assert.equal(await outcome(bob, roomId, 'leave'), 200);
  assert.equal((await knock()).status, 200);
  assert.equal(await outcome(alice, roomId, 'kick', { user_id: bob.userId }), 200);
  assert.equal((await knock()).status, 200);
  assert.equal(await outcome(alice, roomId, 'invite', { user_id: bob.userId }), 200);
  assert.equal((await knock()).status, 403);
  assert.equal(await outcome(bob, roomId, 'join'), 200);
  const invited = await makeRoom({});
  assert.equal((await carol.request('POST', `/knock/${encodeURIComponent(invited)}`, {})).body.errcode, 'M_FORBIDDEN');
});

test('a restricted room lets in the members of another room, on the authority of somebody who may invite', async () => {
  const club = await makeRoom({ preset: 'public_chat' });
  const rule = (join_rule: string) => ({
    initial_state: [
      {
        type: 'm.room.join_rules',
        content: { join_rule, allow: [{ type: 'm.room_membership', room_id: club }] },
      },
    ],
  });
  for (const joinRule of ['restricted', 'knock_restricted']) {
    const roomId = await makeRoom(rule(joinRule));
    assert.equal(await outcome(bob, roomId, 'join'), '403 M_FORBIDDEN');
    await act(bob, club, 'join');
    assert.equal(await outcome(bob, roomId, 'join'), 200);
    assert.equal((await member(alice, roomId, bob.userId)).join_authorised_via_users_server, alice.userId);
    await act(bob, club, 'leave');
    await act(bob, roomId, 'leave');
  }
  const knocked = await makeRoom(rule('knock_restricted'));
  assert.equal((await bob.request('POST', `/knock/${encodeURIComponent(knocked)}`, {})).status, 200);
});

test('in a restricted room without anybody who may invite, the join cannot be granted', async () => {
  const club = await makeRoom({ preset: 'public_chat' });
  await act(bob, club, 'join');
  const roomId = await makeRoom({
    room_version: '11',
    power_level_content_override: { invite: 100 },
    initial_state: [
      {
        type: 'm.room.join_rules',
        content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: club }] },
      },
    ],
  });
  await act(alice, roomId, 'leave');
  assert.equal(await outcome(bob, roomId, 'join'), '400 M_UNABLE_TO_GRANT_JOIN');
});

test('a forgotten room is gone with its history, and joining again brings both back', async () => {
  const roomId = await makeRoom({ preset: 'public_chat' });
  const messages = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b`;
  await act(bob, roomId, 'join');
  assert.equal(await outcome(bob, roomId, 'forget'), '400 M_UNKNOWN');
  await act(bob, roomId, 'leave');
  assert.equal((await bob.request('GET', messages)).status, 200);
  assert.equal(await outcome(bob, roomId, 'forget'), 200);
  assert.equal(await outcome(bob, roomId, 'forget'), 200);
  assert.equal((await bob.request('GET', messages)).status, 403);
  assert.equal(await outcome(carol, roomId, 'forget'), '403 M_FORBIDDEN');
  const { chunk } = await alice.call('GET', `/rooms/${encodeURIComponent(roomId)}/members?membership=leave`);
  assert.deepEqual(
    chunk.map((event: { state_key: string }) => event.state_key),
    [bob.userId],
  );
  assert.equal(await outcome(bob, roomId, 'join'), 200);
  assert.equal((await bob.request('GET', messages)).status, 200);
  assert.deepEqual((await bob.call('GET', '/joined_rooms')).joined_rooms.includes(roomId), true);
});

test('memberships set as state are held to the same rules', async () => {
  const roomId = await makeRoom({});
  const put = async (client: TestClient, userId: string, content: object) => {
    const path = `/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${encodeURIComponent(userId)}`;
    const reply = await client.request('PUT', path, content);
    return reply.status === 200 ? 200 : `${reply.status} ${reply.body.errcode}`;
  };
  assert.equal(await put(alice, bob.userId, { membership: 'invite' }), 200);
  assert.equal((await member(alice, roomId, bob.userId)).displayname, 'bob');
  assert.equal(await put(alice, bob.userId, { membership: 'join' }), '403 M_FORBIDDEN');
  assert.equal(await put(bob, bob.userId, { membership: 'join', displayname: 'Robert' }), 200);
  assert.equal((await member(alice, roomId, bob.userId)).displayname, 'Robert');
  assert.equal(await put(bob, bob.userId, { membership: 'join', displayname: 'Bobby' }), 200);
  assert.equal((await member(alice, roomId, bob.userId)).displayname, 'Bobby');
  const forged = { membership: 'join', join_authorised_via_users_server: alice.userId };
  assert.equal(await put(bob, bob.userId, forged), 200);
  assert.equal('join_authorised_via_users_server' in (await member(alice, roomId, bob.userId)), false);
  assert.equal(await put(bob, bob.userId, { membership: 'nonsense' }), '400 M_BAD_JSON');
  assert.equal(await put(bob, 'nobody', { membership: 'invite' }), '400 M_INVALID_PARAM');
  assert.equal(await put(bob, '@x:elsewhere.example', { membership: 'invite' }), '502 M_CONNECTION_FAILED');
  assert.equal(await put(alice, bob.userId, { membership: 'ban' }), 200);
  assert.equal(await put(bob, bob.userId, { membership: 'leave' }), '403 M_FORBIDDEN');
  assert.equal(await put(alice, bob.userId, { membership: 'leave' }), 200);
});

test('an invitation by a third-party identifier is refused in words', async () => {
  const roomId = await makeRoom({});
  const thirdParty = { id_server: 'id.example', id_access_token: 't', medium: 'email', address: 'a@b.example' };
  assert.equal(await outcome(alice, roomId, 'invite', thirdParty), '400 M_SERVER_NOT_TRUSTED');
  assert.equal(await outcome(alice, roomId, 'invite', {}), '400 M_BAD_JSON');
});
