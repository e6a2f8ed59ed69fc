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

function state(roomId: string, type: string, stateKey = '') {
  return alice.request('GET', `/rooms/${encodeURIComponent(roomId)}/state/${type}/${encodeURIComponent(stateKey)}`);
}

async function content(roomId: string, type: string, stateKey = '') {
  const reply = await state(roomId, type, stateKey);
  assert.equal(reply.status, 200, `${type} ${stateKey}`);
  return reply.body;
}

function upgrade(client: TestClient, roomId: string, body: object) {
  return client.request('POST', `/rooms/${encodeURIComponent(roomId)}/upgrade`, body);
}

for (const [from, to] of [
  ['1', '11'],
  ['10', '12'],
  ['12', '12'],
  ['12', '11'],
]) {
  test(`a room of version ${from} goes on as one of version ${to}`, async () => {
    const alias = `old-${from}-${to}`;
    const { room_id: old } = await alice.call('POST', '/createRoom', {
      room_version: from,
      preset: 'public_chat',
      visibility: 'public',
      name: 'The room',
      topic: 'Moving',
      room_alias_name: alias,
      creation_content: { type: 'org.example.type' },
      power_level_content_override: { users: { ...(from !== '12' && { [alice.userId]: 100 }), [bob.userId]: 70 } },
    });
    await alice.call('POST', `/rooms/${encodeURIComponent(old)}/ban`, { user_id: carol.userId, reason: 'rude' });
    const reply = await upgrade(alice, old, { new_version: to });
    assert.equal(reply.status, 200);
    const { replacement_room: fresh } = reply.body;

    const create = await content(fresh, 'm.room.create');
    assert.equal(create.room_version, to);
    assert.equal(create.type, 'org.example.type');
    assert.equal(create.predecessor.room_id, old);
    assert.equal('event_id' in create.predecessor, to !== '12');
    assert.equal((await content(fresh, 'm.room.name')).name, 'The room');
    assert.equal((await content(fresh, 'm.room.topic')).topic, 'Moving');
    assert.equal((await content(fresh, 'm.room.join_rules')).join_rule, 'public');
    assert.equal((await content(fresh, 'm.room.guest_access')).guest_access, 'forbidden');
    assert.deepEqual(await content(fresh, 'm.room.member', carol.userId), { membership: 'ban', reason: 'rude' });
    const { users } = await content(fresh, 'm.room.power_levels');
    assert.deepEqual(users, { ...(to !== '12' && { [alice.userId]: users[alice.userId] }), [bob.userId]: 70 });

    assert.equal((await content(old, 'm.room.tombstone')).replacement_room, fresh);
    const closed = await content(old, 'm.room.power_levels');
    assert.deepEqual([closed.events_default, closed.invite], [50, 50]);
    const full = `#${alias}:test.example`;
    const { room_id: found } = await alice.call('GET', `/directory/room/${encodeURIComponent(full)}`);
    assert.equal(found, fresh);
    assert.equal((await content(fresh, 'm.room.canonical_alias')).alias, full);
    assert.deepEqual(await content(old, 'm.room.canonical_alias'), {});
    const listed = await alice.call('GET', '/publicRooms?limit=1000');
    const ids = listed.chunk.map((room: { room_id: string }) => room.room_id);
    assert.deepEqual([ids.includes(old), ids.includes(fresh)], [false, true]);
  });
}

test('creators that are named stand above all levels in version 12', async () => {
  const { room_id: old } = await alice.call('POST', '/createRoom', {
    room_version: '11',
    power_level_content_override: { users: { [alice.userId]: 100, [bob.userId]: 100, [carol.userId]: 50 } },
  });
  const body = { new_version: '12', additional_creators: [bob.userId] };
  const { replacement_room: fresh } = (await upgrade(alice, old, body)).body;
  assert.deepEqual((await content(fresh, 'm.room.create')).additional_creators, [bob.userId]);
  assert.deepEqual((await content(fresh, 'm.room.power_levels')).users, { [carol.userId]: 50 });
});

test('tags, push rules and direct chats come along with each member who joins', async () => {
  const { room_id: old } = await alice.call('POST', '/createRoom', { preset: 'public_chat', room_version: '10' });
  await bob.call('POST', `/rooms/${encodeURIComponent(old)}/join`, {});
  for (const client of [alice, bob]) {
    const user = `/user/${encodeURIComponent(client.userId)}`;
    await client.call('PUT', `${user}/rooms/${encodeURIComponent(old)}/tags/m.favourite`, { order: 0.5 });
    await client.call('PUT', `${user}/account_data/m.direct`, { '@x:y': [old], '@z:y': ['!other'] });
    await client.call('PUT', `/pushrules/global/room/${encodeURIComponent(old)}`, { actions: [] });
    await client.call('PUT', `/pushrules/global/override/muted`, {
      actions: [],
      conditions: [{ kind: 'event_match', key: 'room_id', pattern: old }],
    });
  }
  const { replacement_room: fresh } = (await upgrade(alice, old, { new_version: '11' })).body;
  await bob.call('POST', `/join/${encodeURIComponent(fresh)}`, {});
  for (const client of [alice, bob]) {
    const user = `/user/${encodeURIComponent(client.userId)}`;
    const { tags } = await client.call('GET', `${user}/rooms/${encodeURIComponent(fresh)}/tags`);
    assert.deepEqual(tags, { 'm.favourite': { order: 0.5 } });
    const direct = await client.call('GET', `${user}/account_data/m.direct`);
    assert.deepEqual(direct, { '@x:y': [old, fresh], '@z:y': ['!other'] });
    const { global } = await client.call('GET', '/pushrules/');
    const rooms = global.room.map((rule: { rule_id: string }) => rule.rule_id);
    assert.deepEqual([rooms.includes(old), rooms.includes(fresh)], [true, true]);
    const muted = global.override.find((rule: { rule_id: string }) => rule.rule_id === `muted_${fresh}`);
    assert.deepEqual(muted.conditions, [{ kind: 'event_match', key: 'room_id', pattern: fresh }]);
  }
});

test('who may not send the tombstone changes nothing', async () => {
  const { room_id: old } = await alice.call('POST', '/createRoom', { preset: 'public_chat' });
  await bob.call('POST', `/rooms/${encodeURIComponent(old)}/join`, {});
  const outcome = async (client: TestClient, body: object) => {
    const reply = await upgrade(client, old, body);
    return `${reply.status} ${reply.body.errcode}`;
  };
  assert.equal(await outcome(bob, { new_version: '12' }), '403 M_FORBIDDEN');
  assert.equal(await outcome(carol, { new_version: '12' }), '403 M_FORBIDDEN');
  assert.equal(await outcome(alice, { new_version: 'xyz' }), '400 M_UNSUPPORTED_ROOM_VERSION');
  assert.equal(await outcome(alice, {}), '400 M_BAD_JSON');
  assert.equal(await outcome(alice, { new_version: '12', additional_creators: ['nobody'] }), '400 M_INVALID_PARAM');
  assert.equal((await state(old, 'm.room.tombstone')).status, 404);
});
