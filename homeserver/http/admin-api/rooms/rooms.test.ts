import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { refreshRoomFigures } from '../../../administration/rooms/room-figures.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let anna: TestUser;
let ben: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
  anna = await registerUser(homeserver.baseUrl, 'anna');
  ben = await registerUser(homeserver.baseUrl, 'ben');
});
after(() => homeserver.stop());

const rooms = '/_holdfast/v1/admin/rooms';
const room = (roomId: string) => `${rooms}/${encodeURIComponent(roomId)}`;

async function createRoom(body: object): Promise<string> {
  return (await anna.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat', ...body })).room_id;
}

test('rooms are found by their names, sorted by their members, and told with what they are', async () => {
  const small = await createRoom({ name: 'Garden small', room_alias_name: 'small' });
  const large = await createRoom({ name: 'GARDEN large', visibility: 'public' });
  await createRoom({ name: 'Cellar' });
  await ben.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(large)}`, {});
  await refreshRoomFigures(homeserver.context, 0);
  const found = await admin.call('GET', `${rooms}?search=garden&order_by=joined&dir=b`);
  assert.deepEqual(
    found.rooms.map((each: { room_id: string; joined_members: number }) => [each.room_id, each.joined_members]),
    [
      [large, 2],
      [small, 1],
    ],
  );
  const { is_published: isPublished, is_blocked: isBlocked, creator, join_rule: joinRule } = found.rooms[0];
  assert.deepEqual([isPublished, isBlocked, creator, joinRule], [true, false, anna.userId, 'public']);
  assert.equal((await admin.call('GET', `${rooms}?search=%23small`)).rooms[0].canonical_alias, '#small:test.example');
  assert.equal((await admin.call('GET', `${rooms}?search=${encodeURIComponent(small)}`)).total, 1);
  assert.equal((await admin.call('GET', `${rooms}?search=%25`)).total, 0, 'signs of patterns are none');
});

test('what changes later in a room is in the list, too', async () => {
  const roomId = await createRoom({ name: 'Before' });
  await refreshRoomFigures(homeserver.context, 0);
  await anna.call('PUT', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.name`, {
    name: 'After\0',
  });
  await refreshRoomFigures(homeserver.context, 0);
  assert.equal((await admin.call('GET', `${rooms}?search=before`)).total, 0);
  assert.equal((await admin.call('GET', `${rooms}?search=after`)).rooms[0].name, 'After');
});

test('one room is told with its members, state and size', async () => {
  const roomId = await createRoom({ name: 'One', topic: 'On one thing', invite: [ben.userId] });
  const shown = await admin.call('GET', room(roomId));
  assert.deepEqual([shown.state.name, shown.state.topic, shown.state.joined_members], ['One', 'On one thing', 1]);
  assert.ok(shown.size.event_count >= 7 && shown.size.estimated_bytes > 1_000);
  assert.equal(shown.blocked, null);
  const first = await admin.call('GET', `${room(roomId)}/members?limit=1`);
  const second = await admin.call('GET', `${room(roomId)}/members?limit=1&from=${first.next_token}`);
  const members = [...first.members, ...second.members];
  assert.deepEqual(new Set(members.map((each) => each.user_id)), new Set([anna.userId, ben.userId]));
  const invited = await admin.call('GET', `${room(roomId)}/members?membership=invite`);
  assert.deepEqual(invited.members, [{ user_id: ben.userId, membership: 'invite' }]);
  const { state } = await admin.call('GET', `${room(roomId)}/state`);
  assert.equal(state.find((each: { type: string }) => each.type === 'm.room.name').content.name, 'One');
  assert.ok(!state.some((each: { type: string }) => each.type === 'm.room.member'));
  assert.equal((await admin.call('GET', room('!none:test.example'), undefined, 404)).errcode, 'M_NOT_FOUND');
});

test('nobody comes into a blocked room, and its members stay', async () => {
  const roomId = await createRoom({ name: 'Closed' });
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;
  await admin.call('PUT', `${room(roomId)}/block`, { block: true });
  assert.equal((await ben.call('POST', `${path}/join`, {}, 403)).errcode, 'M_FORBIDDEN');
  assert.equal((await anna.call('POST', `${path}/invite`, { user_id: ben.userId }, 403)).errcode, 'M_FORBIDDEN');
  await anna.call('PUT', `${path}/send/m.room.message/1`, { msgtype: 'm.text', body: 'still here' });
  assert.equal((await admin.call('GET', room(roomId))).blocked.by, admin.userId);
  await admin.call('PUT', `${room(roomId)}/block`, { block: false });
  await ben.call('POST', `${path}/join`, {});
});

test('a room that is not known here can be blocked before anybody comes to it', async () => {
  const unknown = '!elsewhere:other.example';
  await admin.call('PUT', `${room(unknown)}/block`, { block: true });
  const join = `/_matrix/client/v3/join/${encodeURIComponent(unknown)}?server_name=other.example`;
  assert.match((await ben.call('POST', join, {}, 403)).error, /blocked/);
  assert.equal((await admin.call('PUT', `${room('nonsense')}/block`, { block: true }, 400)).errcode, 'M_INVALID_PARAM');
});
