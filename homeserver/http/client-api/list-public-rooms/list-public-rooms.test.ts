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
  return (await alice.call('POST', '/createRoom', { visibility: 'public', ...body })).room_id;
}

interface Listed {
  room_id: string;
  name?: string;
}

const namesOf = (reply: { chunk: Listed[] }) => reply.chunk.map(({ name }) => name ?? '');
const search = (body: object) => bob.call('POST', '/publicRooms', body);

test('a published room is listed with what its state says, and again after each change', async () => {
  const roomId = await makeRoom({
    name: 'Garden',
    topic: 'Plants',
    room_alias_name: 'garden',
    initial_state: [
      { type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } },
      { type: 'm.room.avatar', content: { url: 'mxc://test.example/leaf' } },
    ],
  });
  const find = async () =>
    (await bob.call('GET', '/publicRooms')).chunk.find((room: Listed) => room.room_id === roomId);
  const listed = {
    room_id: roomId,
    num_joined_members: 1,
    world_readable: true,
    guest_can_join: false,
    join_rule: 'public',
    name: 'Garden',
    topic: 'Plants',
    canonical_alias: '#garden:test.example',
    avatar_url: 'mxc://test.example/leaf',
  };
  assert.deepEqual(await find(), listed);
  await bob.call('POST', `/rooms/${encodeURIComponent(roomId)}/join`, {});
  await alice.call('PUT', `/rooms/${encodeURIComponent(roomId)}/state/m.room.name`, { name: 'Park' });
  const changed = { ...listed, num_joined_members: 2, name: 'Park' };
  assert.deepEqual(await find(), changed);
  const named = await alice.call('GET', `/rooms/${encodeURIComponent(roomId)}/state/m.room.name?format=event`);
  await alice.call('PUT', `/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(named.event_id)}/1`, {});
  const { name: _, ...unnamed } = changed;
  assert.deepEqual(await find(), unnamed);
  await alice.call('PUT', `/directory/list/room/${encodeURIComponent(roomId)}`, { visibility: 'private' });
  assert.equal(await find(), undefined);
});

test('rooms are published and withdrawn by those who may, and unknown rooms are not found', async () => {
  const roomId = await makeRoom({ visibility: 'private', preset: 'public_chat' });
  const path = `/directory/list/room/${encodeURIComponent(roomId)}`;
  assert.deepEqual(await bob.call('GET', path), { visibility: 'private' });
  assert.equal((await bob.request('PUT', path, {})).status, 403);
  await bob.call('POST', `/rooms/${encodeURIComponent(roomId)}/join`, {});
  assert.equal((await bob.request('PUT', path, {})).status, 403);
  await alice.call('PUT', path, {});
  await alice.call('PUT', path, { visibility: 'public' });
  assert.deepEqual(await bob.call('GET', path), { visibility: 'public' });
  assert.equal((await alice.request('GET', '/directory/list/room/!none')).status, 404);
  assert.equal((await alice.request('PUT', '/directory/list/room/!none', {})).status, 404);
});

test('a search finds names, topics and aliases in any case, and room types', async () => {
  await makeRoom({ name: 'Astronomy', topic: 'Stars', creation_content: { type: 'm.space' } });
  await makeRoom({ name: 'Biology', topic: 'AST cells' });
  await makeRoom({ name: 'Chemistry', room_alias_name: 'Astute' });
  const found = async (filter: object) => namesOf(await search({ filter })).sort();
  assert.deepEqual(await found({ generic_search_term: 'aST' }), ['Astronomy', 'Biology', 'Chemistry']);
  assert.deepEqual(await found({ generic_search_term: 'ast', room_types: ['m.space'] }), ['Astronomy']);
  assert.deepEqual(await found({ generic_search_term: 'ast', room_types: [null] }), ['Biology', 'Chemistry']);
  assert.deepEqual(await found({ generic_search_term: 'nothing like this' }), []);
  assert.deepEqual(namesOf(await search({ third_party_instance_id: 'irc' })), []);
});

test('pages go on where the last one ended, both ways, also when rooms change in between', async () => {
  for (let index = 0; index < 7; index++) await makeRoom({ name: `Page ${index}` });
  const filter = { generic_search_term: 'page' };
  const first = await search({ filter, limit: 3 });
  assert.equal(first.total_room_count_estimate, 7);
  assert.equal(first.prev_batch, undefined);
  const joined = first.chunk[1].room_id;
  await bob.call('POST', `/rooms/${encodeURIComponent(joined)}/join`, {});
  const second = await search({ filter, limit: 3, since: first.next_batch });
  const third = await search({ filter, limit: 3, since: second.next_batch });
  const all = [first, second, third].flatMap(namesOf);
  assert.deepEqual(all.toSorted(), ['Page 0', 'Page 1', 'Page 2', 'Page 3', 'Page 4', 'Page 5', 'Page 6']);
  assert.equal(third.next_batch, undefined);
  const back = await search({ filter, limit: 3, since: third.prev_batch });
  assert.deepEqual(namesOf(back), namesOf(second));
  const top = await search({ filter, limit: 1 });
  assert.equal(top.chunk[0].room_id, joined);
});

test('what cannot be answered is refused', async () => {
  assert.equal((await bob.request('GET', '/publicRooms?since=nonsense')).body.errcode, 'M_INVALID_PARAM');
  assert.equal((await bob.request('GET', '/publicRooms?limit=-1')).body.errcode, 'M_INVALID_PARAM');
  assert.equal((await bob.request('GET', '/publicRooms?server=b.example')).status, 502);
  assert.equal((await bob.request('GET', '/publicRooms?server=no%20name')).body.errcode, 'M_INVALID_PARAM');
  assert.equal((await bob.request('POST', '/publicRooms', { filter: [] })).body.errcode, 'M_BAD_JSON');
  const noName = { third_party_instance_id: 'irc|\u0000' };
  assert.equal((await bob.request('POST', '/publicRooms', noName)).body.errcode, 'M_BAD_JSON');
  const both = { include_all_networks: true, third_party_instance_id: 'irc' };
  assert.equal((await bob.request('POST', '/publicRooms', both)).body.errcode, 'M_INVALID_PARAM');
});
