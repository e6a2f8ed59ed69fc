import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, joinRoom, setState } from '../../../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let one: FederatedHomeserver;
let alice: TestUser;
let bob: TestUser;
let fake: FakeServer;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 1, config: { 'federation.public_rooms': true } });
  one = federation.homeservers[0] as FederatedHomeserver;
  [alice, bob] = await Promise.all([registerUser(one.baseUrl, 'alice'), registerUser(one.baseUrl, 'bob')]);
  fake = await startFakeServer(federation.network, 'fake.test');
});
after(async () => {
  await fake.stop();
  await federation.stop();
});

const makeSpace = (user: TestUser, body: object = {}) =>
  createTestRoom(user, { creation_content: { type: 'm.space' }, ...body });

const addChild = (space: string, child: string, content: object = {}) =>
  setState(alice, space, 'm.space.child', { via: ['one.test'], ...content }, child);

async function tree(user: TestUser, space: string, query = ''): Promise<AnyJson> {
  return await user.call('GET', `/_matrix/client/v1/rooms/${encodeURIComponent(space)}/hierarchy${query}`);
}

const idsOf = ({ rooms }: AnyJson): string[] => rooms.map((room: AnyJson) => room.room_id);

const askFromFake = (path: string) => fake.send(one.baseUrl, 'one.test', 'GET', `/_matrix/federation/v1${path}`);

test('a tree is told depth first, in the order of its children, each room once', async () => {
  const [root, inner, a, b, c] = [
    await makeSpace(alice),
    await makeSpace(alice),
    await createTestRoom(alice, { name: 'A' }),
    await createTestRoom(alice),
    await createTestRoom(alice),
  ];
  await addChild(root, c);
  await addChild(root, inner, { order: 'a' });
  await addChild(root, a, { order: 'b', suggested: true });
  await addChild(inner, b);
  await addChild(inner, root);
  await addChild(inner, a, { via: [] });
  const all = await tree(alice, root);
  assert.deepEqual(idsOf(all), [root, inner, b, a, c]);
  assert.deepEqual(
    all.rooms[0].children_state.map((event: AnyJson) => event.state_key),
    [inner, a, c],
  );
  assert.equal(all.rooms[3].name, 'A');
  assert.deepEqual([all.rooms[0].room_type, all.rooms[3].room_version], ['m.space', '12']);
  assert.deepEqual(idsOf(await tree(alice, root, '?max_depth=1')), [root, inner, a, c]);
  assert.deepEqual(idsOf(await tree(alice, root, '?suggested_only=true')), [root, a]);

  const pages: string[] = [];
  let query = '?limit=2';
  for (let page = await tree(alice, root, query); ; page = await tree(alice, root, query)) {
    pages.push(...idsOf(page));
    if (page.next_batch === undefined) break;
    query = `?limit=2&from=${page.next_batch}`;
  }
  assert.deepEqual(pages, [root, inner, b, a, c]);
  const { next_batch: from } = await tree(alice, root, '?limit=2');
  for (const changed of [`?from=${from}&max_depth=1`, '?from=nonsense', `?from=${from}&suggested_only=true`]) {
    const path = `/_matrix/client/v1/rooms/${encodeURIComponent(root)}/hierarchy${changed}`;
    assert.equal((await alice.call('GET', path, undefined, 400)).errcode, 'M_INVALID_PARAM');
  }
});

test('rooms that a user may neither see nor join are left out, and a root like that is refused', async () => {
  const root = await makeSpace(alice);
  const hidden = await createTestRoom(alice, { preset: 'private_chat' });
  const allow = [{ type: 'm.room_membership', room_id: root }];
  const restricted = await createTestRoom(alice, {
    initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'restricted', allow } }],
  });
  await addChild(root, hidden, { order: 'a' });
  await addChild(root, restricted, { order: 'b' });
  assert.deepEqual(idsOf(await tree(alice, root)), [root, hidden, restricted]);
  assert.deepEqual(idsOf(await tree(bob, root)), [root]);
  await joinRoom(bob, root);
  const seen = await tree(bob, root);
  assert.deepEqual(idsOf(seen), [root, restricted]);
  assert.deepEqual(seen.rooms[1].allowed_room_ids, [root]);
  const path = `/_matrix/client/v1/rooms/${encodeURIComponent(hidden)}/hierarchy`;
  assert.equal((await bob.call('GET', path, undefined, 403)).errcode, 'M_FORBIDDEN');
});

test('rooms of other servers are asked for there, and what they tell is filtered for the user', async () => {
  const root = await makeSpace(alice);
  const far = '!far:fake.test';
  await addChild(root, far, { via: ['fake.test'] });
  const child = (roomId: string) => ({
    ...{ type: 'm.space.child', state_key: roomId, sender: '@f:fake.test', origin_server_ts: 1 },
    content: { via: ['fake.test'] },
  });
  const summary = (roomId: string, members: object) => ({
    ...{ room_id: roomId, num_joined_members: 3, world_readable: false, guest_can_join: false },
    ...members,
  });
  fake.answer(`/_matrix/federation/v1/hierarchy/${encodeURIComponent(far)}`, {
    room: summary(far, {
      ...{ join_rule: 'public', room_type: 'm.space', name: 'Far', unknown: 'dropped' },
      children_state: [child('!open:fake.test'), child('!shut:fake.test'), child('!closed:fake.test'), 'nonsense'],
    }),
    children: [
      summary('!open:fake.test', { join_rule: 'knock' }),
      summary('!shut:fake.test', { join_rule: 'invite' }),
      'nonsense',
    ],
    inaccessible_children: ['!closed:fake.test'],
  });
  const seen = await tree(alice, root);
  assert.deepEqual(idsOf(seen), [root, far, '!open:fake.test']);
  assert.deepEqual([seen.rooms[1].name, seen.rooms[1].unknown], ['Far', undefined]);
  await tree(alice, root);
  const asked = fake.requests.filter(({ url }) => url.includes('/hierarchy/'));
  assert.equal(asked.length, 1, 'an answer is kept');
});

test('a room that another server did not tell of is asked for again, and seen once it may be', async () => {
  const root = await makeSpace(alice);
  const later = '!later:fake.test';
  await addChild(root, later, { via: ['fake.test'] });
  const path = `/_matrix/federation/v1/hierarchy/${encodeURIComponent(later)}`;
  fake.answer(path, (response) => {
    response.statusCode = 404;
    return { errcode: 'M_NOT_FOUND', error: 'not known' };
  });
  assert.deepEqual(idsOf(await tree(alice, root)), [root]);
  const room = { room_id: later, num_joined_members: 1, join_rule: 'public' };
  fake.answer(path, { room: { ...room, world_readable: false, guest_can_join: false }, children: [] });
  assert.deepEqual(idsOf(await tree(alice, root)), [root, later]);
});

test('another server is told the children that it could join, and which it could not', async () => {
  const root = await makeSpace(alice);
  const open = await createTestRoom(alice);
  const shut = await createTestRoom(alice, { preset: 'private_chat' });
  await addChild(root, open, { order: 'a' });
  await addChild(root, shut, { order: 'b' });
  await addChild(root, '!unknown:fake.test', { order: 'c' });
  const { status, body } = await askFromFake(`/hierarchy/${encodeURIComponent(root)}`);
  assert.equal(status, 200);
  assert.equal(body.room.room_id, root);
  assert.equal(body.room.children_state.length, 3);
  assert.deepEqual(
    body.children.map((child: AnyJson) => child.room_id),
    [open],
  );
  assert.deepEqual(body.inaccessible_children, [shut]);
  assert.equal((await askFromFake(`/hierarchy/${encodeURIComponent(shut)}`)).body.errcode, 'M_NOT_FOUND');
});

test('a room is summarised for its members, for strangers where it is open, and for nobody else', async () => {
  const roomId = await createTestRoom(alice, { name: 'Open', room_alias_name: 'open' });
  const path = (room: string) => `/_matrix/client/v1/room_summary/${encodeURIComponent(room)}`;
  const own = await alice.call('GET', path('#open:one.test'));
  assert.deepEqual([own.room_id, own.name, own.membership, own.join_rule], [roomId, 'Open', 'join', 'public']);
  assert.equal((await fetch(one.baseUrl + path(roomId))).status, 200);
  const closed = await createTestRoom(alice, { preset: 'private_chat' });
  assert.equal((await bob.call('GET', path(closed), undefined, 404)).errcode, 'M_NOT_FOUND');
  fake.answer(`/_matrix/federation/v1/hierarchy/${encodeURIComponent('!other:fake.test')}`, {
    room: { room_id: '!other:fake.test', join_rule: 'public', num_joined_members: 7, children_state: [] },
  });
  const far = await bob.call('GET', `${path('!other:fake.test')}?via=fake.test`);
  assert.deepEqual([far.num_joined_members, far.membership], [7, undefined]);
});

test('aliases and directories of other servers are asked for there', async () => {
  fake.answer('/_matrix/federation/v1/query/directory', { room_id: '!far:fake.test', servers: ['x.test', 'bad name'] });
  const alias = encodeURIComponent('#far:fake.test');
  const found = await alice.call('GET', `/_matrix/client/v3/directory/room/${alias}`);
  assert.deepEqual(found, { room_id: '!far:fake.test', servers: ['fake.test', 'x.test'] });
  fake.answer('/_matrix/federation/v1/publicRooms', (_, { method, body }) => ({
    chunk: [{ room_id: '!far:fake.test', num_joined_members: 2, name: method }, { room_id: 1 }],
    total_room_count_estimate: 1,
    ...(body && { next_batch: (body['filter'] as AnyJson).generic_search_term }),
  }));
  const listed = await alice.call('GET', '/_matrix/client/v3/publicRooms?server=fake.test&limit=5');
  assert.deepEqual(
    listed.chunk.map((room: AnyJson) => [room.room_id, room.name]),
    [['!far:fake.test', 'GET']],
  );
  const search = { filter: { generic_search_term: 'far' } };
  const searched = await alice.call('POST', '/_matrix/client/v3/publicRooms?server=fake.test', search);
  assert.deepEqual([searched.chunk[0].name, searched.next_batch], ['POST', 'far']);
});

test('other servers are told aliases and the directory', async () => {
  const roomId = await createTestRoom(alice, { room_alias_name: 'told', visibility: 'public', name: 'Told' });
  const answer = await askFromFake(`/query/directory?room_alias=${encodeURIComponent('#told:one.test')}`);
  assert.deepEqual(answer.body, { room_id: roomId, servers: ['one.test'] });
  const unknown = await askFromFake(`/query/directory?room_alias=${encodeURIComponent('#no:one.test')}`);
  assert.deepEqual([unknown.status, unknown.body.errcode], [404, 'M_NOT_FOUND']);
  const listed = await askFromFake('/publicRooms?limit=10');
  assert.deepEqual(
    listed.body.chunk.map((room: AnyJson) => room.name),
    ['Told'],
  );
});
