import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { edusOfWholeRoom } from '../../../devices/remote-lists/device-list-edus.ts';
import { setDirectoryVisibility } from '../../../rooms/directory/publish-room.ts';
import { tellStateIds } from '../../../rooms/history/tell-state.ts';
import { partialRoomsOf } from '../../../rooms/remote/partial-rooms.ts';
import { uploadAllKeys } from '../../../testing/cross-signing-user.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

/** More members than are told at once. */
const memberCount = 40;

let federation: FederatedHomeservers;
let members: TestUser[];
let bob: TestUser;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 2 });
  const [one, two] = federation.homeservers;
  assert.ok(one && two);
  const names = Array.from({ length: memberCount }, (_, index) => `member${index}`);
  members = await Promise.all(names.map((name) => registerUser(one.baseUrl, name)));
  bob = await registerUser(two.baseUrl, 'bob');
});
after(() => federation.stop());

const client = '/_matrix/client/v3';
const inRoom = (roomId: string, rest: string) => `${client}/rooms/${encodeURIComponent(roomId)}${rest}`;

async function createFullRoom(version: string): Promise<string> {
  const body = { preset: 'public_chat', room_version: version, name: 'Many' };
  const { room_id: roomId } = await (members[0] as TestUser).call('POST', `${client}/createRoom`, body);
  await Promise.all(members.slice(1).map((member) => member.call('POST', inRoom(roomId, '/join'), {})));
  return roomId;
}

/** Bob joins a room of which his server will not know the members until `finish`. */
async function joinWithoutMembers(roomId: string) {
  const { context } = federation.homeservers[1] as FederatedHomeserver;
  const partialRooms = partialRoomsOf(context);
  partialRooms.close();
  await bob.call('POST', `${client}/join/${encodeURIComponent(roomId)}?via=one.test`, {});
  // It knows that the room is not whole, and does nothing about it. Rooms are made whole again from the start on.
  await partialRooms.start();
  partialRooms.close();
  return { context, finish: () => partialRooms.start() };
}

test('what another server asks of the state waits until it is known, and lists that never changed are not announced', async () => {
  const roomId = await createFullRoom('11');
  const { context, finish } = await joinWithoutMembers(roomId);
  const sent = await bob.call('PUT', inRoom(roomId, '/send/m.room.message/1'), { body: 'here' });
  const telling = tellStateIds(context, 'one.test', roomId, sent.event_id);
  const isWhole = { shard: 0, position: 1, kind: 'room-state', body: { roomId, isWhole: true } } as const;
  const announced = async () => (await edusOfWholeRoom(context, isWhole)).map(({ content }) => content['user_id']);
  assert.deepEqual(await announced(), []);
  await uploadAllKeys(bob);
  // The server that the join's reply named is told of every change meanwhile; one that it left out is not.
  assert.deepEqual(await announced(), []);
  const named = await context.database<{ servers: string[] }[]>`
    UPDATE partial_state_room SET servers = '{}' WHERE room = (SELECT id FROM room WHERE room_id = ${roomId})
    RETURNING ARRAY['one.test'] AS servers`;
  assert.deepEqual(await announced(), [bob.userId]);
  await context.database`UPDATE partial_state_room SET servers = ${named[0]?.servers ?? []}`;
  await finish();
  const { stateIds } = await telling;
  await bob.call('POST', inRoom(roomId, '/leave'), {});
  // Besides the members: create, power levels, join rules, history visibility, name.
  assert.equal(stateIds.length, memberCount + 1 + 5);
});

test('when all members are known, clients ask for their keys and the directory counts them', async () => {
  const roomId = await createFullRoom('11');
  const { context, finish } = await joinWithoutMembers(roomId);
  const admin = { userId: bob.userId, isAdmin: true };
  await setDirectoryVisibility(context, admin, roomId, 'public');
  const listed = async () => (await bob.call('GET', `${client}/publicRooms`)).chunk[0].num_joined_members;
  const few = await listed();
  assert.ok(few < memberCount);
  const lazy = syncClient(bob);
  const filter = { room: { state: { lazy_load_members: true } } };
  await lazy.next({ filter });
  await finish();
  const stranger = members.at(-2) as TestUser;
  await lazy.until((one) => one.device_lists?.changed?.includes(stranger.userId), { filter });
  assert.equal(await listed(), memberCount + 1);
  await bob.call('POST', inRoom(roomId, '/leave'), {});
});

test('while members are missing, other servers say who may come in', async () => {
  const roomId = await createFullRoom('11');
  const carol = await registerUser((federation.homeservers[1] as FederatedHomeserver).baseUrl, 'carol');
  const dave = await registerUser((federation.homeservers[1] as FederatedHomeserver).baseUrl, 'dave');
  await (members[0] as TestUser).call('POST', inRoom(roomId, '/ban'), { user_id: carol.userId });
  const { finish } = await joinWithoutMembers(roomId);
  await carol.call('POST', inRoom(roomId, '/join'), {}, 403);
  await dave.call('POST', inRoom(roomId, '/join'), {});
  await finish();
  const { joined } = await bob.call('GET', inRoom(roomId, '/joined_members'));
  assert.equal(Object.keys(joined).length, memberCount + 2);
  await Promise.all([bob, dave].map((user) => user.call('POST', inRoom(roomId, '/leave'), {})));
});

test('events are taken in while members are missing, and a restart goes on with what is left', async () => {
  const [, two] = federation.homeservers;
  assert.ok(two);
  const roomId = await createFullRoom('11');
  // Nobody makes the room whole until the restart.
  partialRoomsOf(two.context).close();
  await bob.call('POST', `${client}/join/${encodeURIComponent(roomId)}?via=one.test`, {});
  const lazy = syncClient(bob);
  const filter = { room: { state: { lazy_load_members: true } } };
  const speaker = members.at(-1) as TestUser;
  await speaker.call('PUT', inRoom(roomId, '/send/m.room.message/1'), { body: 'do you hear me' });
  const reply = await lazy.until(
    (one) => one.rooms?.join?.[roomId]?.timeline.events.some((event: AnyJson) => event.sender === speaker.userId),
    { filter },
  );
  const told = [...reply.rooms.join[roomId].state.events, ...reply.rooms.join[roomId].timeline.events];
  assert.ok(told.some((event: AnyJson) => event.state_key === speaker.userId));

  // Of neither of them anything is known here yet.
  const [, typist, reader] = members as [TestUser, TestUser, TestUser];
  await typist.call('PUT', inRoom(roomId, `/typing/${typist.userId}`), { typing: true, timeout: 30_000 });
  const { event_id: read } = reply.rooms.join[roomId].timeline.events.find(
    (event: AnyJson) => event.sender === speaker.userId && event.type === 'm.room.message',
  );
  await reader.call('POST', inRoom(roomId, `/receipt/m.read/${encodeURIComponent(read)}`), {});
  const ephemeral = new Set<string>();
  await lazy.until(
    (one) => {
      for (const { type, content } of one.rooms?.join?.[roomId]?.ephemeral?.events ?? []) {
        const names = type === 'm.typing' ? content.user_ids : Object.keys(content[read]?.['m.read'] ?? {});
        for (const name of names) ephemeral.add(`${type} ${name}`);
      }
      return ephemeral.has(`m.typing ${typist.userId}`) && ephemeral.has(`m.receipt ${reader.userId}`);
    },
    { filter },
  );

  await two.restart();
  const { joined } = await bob.call('GET', inRoom(roomId, '/joined_members'));
  assert.equal(Object.keys(joined).length, memberCount + 1);
});

for (const version of ['1', '10', '12']) {
  test(`a large room of version ${version} can be used at once and is whole soon after`, async () => {
    const roomId = await createFullRoom(version);
    const lazy = syncClient(bob);
    const eager = syncClient(bob);
    await eager.next();
    const filter = { room: { state: { lazy_load_members: true } } };
    await bob.call('POST', `${client}/join/${encodeURIComponent(roomId)}?via=one.test`, {});
    const sent = await bob.call('PUT', inRoom(roomId, `/send/m.room.message/${version}`), { body: 'here' });
    const reply = await lazy.until((one) => one.rooms?.join?.[roomId], { filter });
    const events = reply.rooms.join[roomId].timeline.events as AnyJson[];
    assert.ok(events.some(({ event_id: id }) => id === sent.event_id));

    const { joined } = await bob.call('GET', inRoom(roomId, '/joined_members'));
    assert.equal(Object.keys(joined).length, memberCount + 1);
    const { chunk } = await bob.call('GET', inRoom(roomId, '/members'));
    assert.equal(chunk.length, memberCount + 1);
    const told = await eager.until((one) => one.rooms?.join?.[roomId]);
    const { state, timeline, summary } = told.rooms.join[roomId];
    const told_members = [...state.events, ...timeline.events].filter(({ type }: AnyJson) => type === 'm.room.member');
    assert.equal(new Set(told_members.map((event: AnyJson) => event.state_key)).size, memberCount + 1);
    assert.equal(summary['m.joined_member_count'], memberCount + 1);
  });
}
