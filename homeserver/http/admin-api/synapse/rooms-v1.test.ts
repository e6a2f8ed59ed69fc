import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let anna: TestUser;
/** The administrator is in neither of them. */
let roomId: string;
let spaceId: string;
let messages: string[];
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  anna = await registerUser(homeserver.baseUrl, 'anna');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
  roomId = await createRoom({ preset: 'private_chat' });
  messages = [await say({ body: 'one' }), await say({ body: 'two' }), await say({ body: 'three' })];
  spaceId = await createRoom({ preset: 'private_chat', creation_content: { type: 'm.space' } });
  for (const [child, suggested] of [[roomId, true] as const, ['!elsewhere:other.example', false] as const]) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(spaceId)}/state/m.space.child/${encodeURIComponent(child)}`;
    await anna.call('PUT', path, { via: ['other.example'], suggested });
  }
});
after(() => homeserver.stop());

const base = '/_synapse/admin/v1';
const room = (id = roomId) => `${base}/rooms/${encodeURIComponent(id)}`;
const unknown = '!unknown:test.example';

async function createRoom(body: object): Promise<string> {
  return (await anna.call('POST', '/_matrix/client/v3/createRoom', body)).room_id;
}

let sent = 0;
async function say(content: object, where = roomId): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(where)}/send/m.room.message/${sent++}`;
  return (await anna.call('PUT', path, { msgtype: 'm.text', body: 'a file', ...content })).event_id;
}

const errcode = async (method: 'GET' | 'POST' | 'DELETE', path: string, status: number, body?: object) =>
  (await admin.call(method, path, body, status)).errcode;

test('the messages of a room are read page by page by an administrator who is not in it', async () => {
  const first = await admin.call('GET', `${room()}/messages?dir=b&limit=2`);
  assert.deepEqual(
    first.chunk.map(({ content }: AnyJson) => content.body),
    ['three', 'two'],
  );
  const next = await admin.call('GET', `${room()}/messages?dir=b&limit=1&from=${first.end}`);
  assert.equal(next.chunk[0].content.body, 'one');
  const filter = encodeURIComponent(JSON.stringify({ types: ['m.room.create'] }));
  const { chunk } = await admin.call('GET', `${room()}/messages?filter=${filter}`);
  assert.deepEqual([chunk.length, chunk[0].type], [1, 'm.room.create']);
  assert.equal(await errcode('GET', `${room()}/messages?from=nonsense`, 400), 'M_INVALID_PARAM');
  assert.equal(await errcode('GET', `${room(unknown)}/messages`, 404), 'M_NOT_FOUND');
  assert.equal((await anna.call('GET', `${room()}/messages`, undefined, 403)).errcode, 'M_FORBIDDEN');
});

test('an event is found by its time, and by its id alone', async () => {
  const { event } = await admin.call('GET', `${base}/fetch_event/${encodeURIComponent(messages[1] ?? '')}`);
  assert.deepEqual([event.content.body, event.room_id, event.event_id], ['two', roomId, messages[1]]);
  assert.ok(event.signatures['test.example']);
  const found = await admin.call('GET', `${room()}/timestamp_to_event?ts=${event.origin_server_ts + 60_000}&dir=b`);
  assert.deepEqual([found.event_id, found.origin_server_ts >= event.origin_server_ts], [messages[2], true]);
  assert.equal(await errcode('GET', `${room()}/timestamp_to_event?ts=9999999999999`, 404), 'M_NOT_FOUND');
  assert.equal(await errcode('GET', `${room(unknown)}/timestamp_to_event?ts=1`, 404), 'M_NOT_FOUND');
  assert.equal(await errcode('GET', `${base}/fetch_event/$nothing`, 404), 'M_NOT_FOUND');
});

test('the tree of a space has its private rooms for an administrator, and rooms of other servers for nobody', async () => {
  const hierarchy = `${room(spaceId)}/hierarchy`;
  const { rooms } = await admin.call('GET', hierarchy);
  assert.deepEqual(
    rooms.map((each: AnyJson) => each.room_id),
    [spaceId, roomId],
  );
  assert.equal(rooms[0].children_state.length, 2);
  const page = await admin.call('GET', `${hierarchy}?limit=1&max_depth=3`);
  const rest = await admin.call('GET', `${hierarchy}?limit=1&max_depth=3&from=${page.next_batch}`);
  assert.deepEqual([page.rooms.length, rest.rooms[0].room_id, rest.next_batch], [1, roomId, undefined]);
  assert.equal(await errcode('GET', `${room(unknown)}/hierarchy`, 404), 'M_NOT_FOUND');
  const client = `/_matrix/client/v1/rooms/${encodeURIComponent(spaceId)}/hierarchy`;
  assert.equal(await errcode('GET', client, 403), 'M_FORBIDDEN');
});

test('forward extremities are told and not deleted', async () => {
  const { count, results } = await admin.call('GET', `${room()}/forward_extremities`);
  assert.deepEqual([count, results[0].event_id, results[0].depth > 3], [1, messages[2], true]);
  assert.equal(await errcode('GET', `${room(unknown)}/forward_extremities`, 404), 'M_NOT_FOUND');
  assert.equal(await errcode('DELETE', `${room()}/forward_extremities`, 405), 'M_UNRECOGNIZED');
});

test('the files of a room are listed, and withheld all at once', async () => {
  const galleryId = await createRoom({ preset: 'private_chat' });
  const { body } = await anna.send('POST', '/_matrix/media/v3/upload', { body: 'picture' });
  const own: string = body.content_uri;
  const [thumbnail, other] = ['mxc://other.example/thumbnail', 'mxc://other.example/video'];
  await say({ msgtype: 'm.image', url: own, info: { thumbnail_url: thumbnail } }, galleryId);
  await say({ msgtype: 'm.video', file: { url: other }, info: null }, galleryId);
  await say({ msgtype: 'm.image', url: 'https://other.example/no-file', info: { thumbnail_url: own } }, galleryId);
  const path = `${base}/room/${encodeURIComponent(galleryId)}/media`;
  const { local, remote } = await admin.call('GET', path);
  assert.deepEqual([local, remote.toSorted()], [[own], [thumbnail, other]]);
  assert.deepEqual(await admin.call('POST', `${path}/quarantine`), { num_quarantined: 3 });
  const old = `${base}/quarantine_media/${encodeURIComponent(galleryId)}`;
  assert.deepEqual(await admin.call('POST', old), { num_quarantined: 0 });
  const info = `${base}/media/${own.slice('mxc://'.length)}`;
  assert.equal((await admin.call('GET', info)).media_info.quarantined_by, admin.userId);
  assert.equal(await errcode('GET', `${base}/room/${unknown}/media`, 404), 'M_NOT_FOUND');
  const { acts } = await admin.call('GET', `/_holdfast/v1/admin/audit?target=${encodeURIComponent(galleryId)}`);
  assert.ok(acts.some((act: AnyJson) => act.operation === 'quarantineRoomMediaV1' && act.outcome === 'done'));
});

test('the largest rooms are those of the last sample of the table of events', async () => {
  for (let count = 0; count < 40; count++) await say({ body: 'more' });
  await homeserver.context.database`ANALYZE event`;
  const { rooms } = await admin.call('GET', `${base}/statistics/database/rooms`);
  assert.deepEqual([rooms[0].room_id, rooms[0].estimated_size > 0], [roomId, true]);
});

test('whoever was in a deleted room reads in a new one why, and cannot speak there', async () => {
  const goneId = await createRoom({ preset: 'private_chat', room_alias_name: 'bad' });
  const deletion = { new_room_user_id: admin.userId, room_name: 'Closed', message: 'It broke the rules', block: true };
  const { new_room_id: newId, ...rest } = await admin.call('DELETE', room(goneId), deletion);
  const alias = `#bad:${anna.userId.split(':')[1]}`;
  assert.deepEqual(rest, { kicked_users: [anna.userId], failed_to_kick_users: [], local_aliases: [alias] });
  const { joined_rooms: joined } = await anna.call('GET', '/_matrix/client/v3/joined_rooms');
  assert.deepEqual([joined.includes(goneId), joined.includes(newId)], [false, true]);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(newId)}`;
  const { chunk } = await anna.call('GET', `${path}/messages?dir=b`);
  const said = chunk.filter((event: AnyJson) => event.type === 'm.room.message');
  assert.deepEqual(
    [said.map((event: AnyJson) => event.content.body), said[0].sender],
    [[deletion.message], admin.userId],
  );
  assert.equal((await anna.send('PUT', `${path}/send/m.room.message/1`, { body: { body: 'no' } })).status, 403);
  const { results } = await admin.call('GET', `/_synapse/admin/v2/rooms/${encodeURIComponent(goneId)}/delete_status`);
  assert.deepEqual([results[0].status, results[0].shutdown_room.new_room_id], ['complete', newId]);
});

test('a room is deleted within one request, and one that is not known is blocked', async () => {
  const goneId = await createRoom({ preset: 'private_chat' });
  const elsewhere = { new_room_user_id: '@admin:other.example' };
  assert.equal(await errcode('DELETE', room(goneId), 400, elsewhere), 'M_INVALID_PARAM');
  const nothing = { kicked_users: [], failed_to_kick_users: [], local_aliases: [], new_room_id: null };
  const gone = { ...nothing, kicked_users: [anna.userId] };
  assert.deepEqual(await admin.call('DELETE', room(goneId), { purge: true }), gone);
  assert.equal(await errcode('GET', room(goneId), 404), 'M_NOT_FOUND');
  assert.equal(await errcode('DELETE', room(unknown), 404, {}), 'M_NOT_FOUND');
  assert.deepEqual(await admin.call('DELETE', room(unknown), { block: true }), nothing);
  assert.equal(await errcode('DELETE', room('no room'), 400, { block: true }), 'M_INVALID_PARAM');
  assert.equal((await admin.call('GET', `${room(unknown)}/block`)).block, true);
});
