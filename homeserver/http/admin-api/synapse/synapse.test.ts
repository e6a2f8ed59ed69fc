import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { refreshRoomFigures } from '../../../administration/rooms/room-figures.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, loginUser, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let anna: TestUser;
let roomId: string;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  anna = await registerUser(homeserver.baseUrl, 'anna');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
  const body = { name: 'Garden', preset: 'public_chat', room_alias_name: 'garden' };
  roomId = (await anna.call('POST', '/_matrix/client/v3/createRoom', body)).room_id;
});
after(() => homeserver.stop());

const base = '/_synapse/admin';
const room = () => `${base}/v1/rooms/${encodeURIComponent(roomId)}`;

test('an account is made, told, changed and closed as tools for other servers do it', async () => {
  const path = `${base}/v2/users/@tool:test.example`;
  const made = await admin.send('PUT', path, { body: { password: 'long enough', displayname: 'Tool', admin: false } });
  assert.deepEqual([made.status, made.body.name, made.body.displayname], [201, '@tool:test.example', 'Tool']);
  const known = { baseUrl: homeserver.baseUrl, userId: '@tool:test.example', password: 'long enough' } as TestUser;
  const tool = await loginUser(known, 'TOOL');
  assert.equal((await admin.call('GET', path)).deactivated, false);
  const changed = await admin.send('PUT', path, { body: { displayname: 'Other', locked: true } });
  assert.deepEqual([changed.status, changed.body.displayname, changed.body.locked], [200, 'Other', true]);
  await admin.call('PUT', path, { locked: false });
  const { devices, total } = await admin.call('GET', `${path}/devices`);
  assert.deepEqual([devices[0].device_id, total], ['TOOL', 1]);
  await admin.call('POST', `${path}/delete_devices`, { devices: ['TOOL'] });
  assert.equal((await tool.send('GET', '/_matrix/client/v3/account/whoami')).status, 401);
  await admin.call('POST', `${base}/v1/reset_password/@tool:test.example`, { new_password: 'another long one' });
  await loginUser({ ...known, password: 'another long one' });
  assert.deepEqual(await admin.call('GET', `${base}/v1/users/@tool:test.example/admin`), { admin: false });
  await admin.call('PUT', `${base}/v1/suspend/@tool:test.example`, { suspend: true });
  assert.equal((await admin.call('GET', path)).suspended, true);
  await admin.call('POST', `${base}/v1/deactivate/@tool:test.example`, { erase: true });
  assert.equal((await admin.call('GET', path)).erased, true);
  assert.equal(
    (await admin.call('PUT', `${base}/v2/users/@UPPER:test.example`, {}, 400)).errcode,
    'M_INVALID_USERNAME',
  );
  assert.equal(
    (await admin.call('GET', `${base}/v1/username_available?username=anna`, undefined, 400)).errcode,
    'M_USER_IN_USE',
  );
  assert.match((await admin.call('GET', `${base}/v1/server_version`)).server_version, /^Holdfast \d/);
});

test('rooms are listed and told, with members and state', async () => {
  await refreshRoomFigures(homeserver.context, 0);
  const { rooms, total_rooms: total } = await admin.call(
    'GET',
    `${base}/v1/rooms?order_by=joined_members&search_term=gard`,
  );
  assert.deepEqual([rooms[0].room_id, rooms[0].canonical_alias, total], [roomId, '#garden:test.example', 1]);
  assert.equal((await admin.call('GET', room())).joined_local_members, 1);
  assert.deepEqual(await admin.call('GET', `${room()}/members`), { members: [anna.userId], total: 1 });
  const { state } = await admin.call('GET', `${room()}/state`);
  assert.ok(state.some((event: AnyJson) => event.type === 'm.room.member'));
  assert.deepEqual((await admin.call('GET', `${base}/v1/users/${anna.userId}/joined_rooms`)).joined_rooms, [roomId]);
});

test('a moderation bot joins somebody, becomes an administrator of a room, and blocks it', async () => {
  await admin.call('POST', `${base}/v1/join/${encodeURIComponent(roomId)}`, { user_id: admin.userId });
  await admin.call('POST', `${room()}/make_room_admin`, {});
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.power_levels`;
  assert.equal((await admin.call('GET', path)).users[admin.userId], 100);
  assert.deepEqual(await admin.call('GET', `${room()}/block`), { block: false });
  await admin.call('PUT', `${room()}/block`, { block: true });
  assert.deepEqual(await admin.call('GET', `${room()}/block`), { block: true, user_id: admin.userId });
  await admin.call('PUT', `${room()}/block`, { block: false });
});

test('reports of events are read and closed', async () => {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;
  const { event_id: eventId } = await anna.call('PUT', `${path}/send/m.room.message/1`, {
    msgtype: 'm.text',
    body: 'bad',
  });
  await anna.call('POST', `${path}/report/${encodeURIComponent(eventId)}`, { reason: 'why' });
  const { event_reports: reports, total } = await admin.call(
    'GET',
    `${base}/v1/event_reports?room_id=${encodeURIComponent(roomId)}`,
  );
  assert.deepEqual(
    [total, reports[0].event_id, reports[0].reason, reports[0].sender],
    [1, eventId, 'why', anna.userId],
  );
  const one = `${base}/v1/event_reports/${reports[0].id}`;
  assert.equal((await admin.call('GET', one)).event_json.content.body, 'bad');
  await admin.call('DELETE', one);
  assert.equal((await admin.call('GET', one, undefined, 404)).errcode, 'M_NOT_FOUND');
});

test('files are withheld and deleted', async () => {
  const { body } = await anna.send('POST', '/_matrix/media/v3/upload', { body: 'file' });
  const place = body.content_uri.slice('mxc://'.length);
  await admin.call('POST', `${base}/v1/media/quarantine/${place}`);
  assert.ok((await admin.call('GET', `${base}/v1/users/${anna.userId}/media`)).media[0].quarantined_by);
  await admin.call('POST', `${base}/v1/media/unquarantine/${place}`);
  assert.equal((await admin.call('GET', `${base}/v1/statistics/users/media`)).users[0].media_length, 4);
  assert.equal((await admin.call('DELETE', `${base}/v1/media/${place}`)).total, 1);
});

test('all files of somebody are withheld at once', async () => {
  const ben = await registerUser(homeserver.baseUrl, 'ben');
  for (const body of ['one', 'two']) await ben.send('POST', '/_matrix/media/v3/upload', { body });
  const path = `${base}/v1/user/${ben.userId}/media/quarantine`;
  assert.deepEqual(await admin.call('POST', path), { num_quarantined: 2 });
  assert.deepEqual(await admin.call('POST', path), { num_quarantined: 0 });
  const { media } = await admin.call('GET', `${base}/v1/users/${ben.userId}/media`);
  assert.equal(media.filter((file: AnyJson) => file.quarantined_by).length, 2);
  await admin.call('POST', `${base}/v1/user/@nobody:test.example/media/quarantine`, undefined, 404);
});

test('history is purged and rooms are deleted, and both tell how far they are', async () => {
  const { purge_id: purgeId } = await admin.call('POST', `${base}/v1/purge_history/${encodeURIComponent(roomId)}`, {
    purge_up_to_ts: 1,
  });
  const purge = `${base}/v1/purge_history_status/${purgeId}`;
  await until(async () => (await admin.call('GET', purge)).status === 'complete');
  const { delete_id: deleteId } = await admin.call('DELETE', `${base}/v2/rooms/${encodeURIComponent(roomId)}`, {
    block: true,
    purge: true,
  });
  await until(
    async () => (await admin.call('GET', `${base}/v2/rooms/delete_status/${deleteId}`)).status === 'complete',
  );
  const { results } = await admin.call('GET', `${base}/v2/rooms/${encodeURIComponent(roomId)}/delete_status`);
  assert.deepEqual([results[0].delete_id, results[0].status], [deleteId, 'complete']);
  assert.equal((await admin.call('GET', room(), undefined, 404)).errcode, 'M_NOT_FOUND');
  const tasks = async (query: string) => {
    const { scheduled_tasks: found } = await admin.call('GET', `${base}/v1/scheduled_tasks${query}`);
    return found.map(({ action, status }: AnyJson) => `${action} ${status}`);
  };
  assert.deepEqual((await tasks('')).sort(), ['delete-room complete', 'purge-history complete']);
  assert.deepEqual(await tasks('?action_name=delete-room&status=complete'), ['delete-room complete']);
  assert.deepEqual([await tasks('?status=active'), await tasks('?max_timestamp=1')], [[], []]);
});

test('other servers are told with what waits for them', async () => {
  assert.deepEqual(await admin.call('GET', `${base}/v1/federation/destinations`), { destinations: [], total: 0 });
  const path = `${base}/v1/federation/destinations/other.example/reset_connection`;
  assert.equal((await admin.call('POST', path, undefined, 404)).errcode, 'M_NOT_FOUND');
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 600; looks++) {
    if (await holds()) return;
    await homeserver.context.clock.sleep(50);
  }
  assert.fail('it did not come to be');
}
