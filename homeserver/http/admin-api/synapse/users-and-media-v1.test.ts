import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, loginUser, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let anna: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  anna = await registerUser(homeserver.baseUrl, 'anna');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

const base = '/_synapse/admin/v1';
const stranger = '@nobody:test.example';

const errcode = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, status: number, body?: object) =>
  (await admin.call(method, path, body, status)).errcode;

test('users who were reported are listed apart from events and rooms, and closed', async () => {
  const { room_id: roomId } = await anna.call('POST', '/_matrix/client/v3/createRoom', {});
  await anna.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/report`, { reason: 'a room' });
  for (const reason of ['first', 'second']) {
    await anna.call('POST', `/_matrix/client/v3/users/${admin.userId}/report`, { reason });
  }
  const { user_reports: reports, total } = await admin.call('GET', `${base}/user_reports?target_user_id=admin`);
  assert.deepEqual([total, reports.map(({ reason }: AnyJson) => reason)], [2, ['second', 'first']]);
  assert.deepEqual([reports[0].user_id, reports[0].target_user_id], [anna.userId, admin.userId]);
  const page = await admin.call('GET', `${base}/user_reports?dir=f&limit=1&user_id=anna`);
  assert.deepEqual([page.user_reports[0].reason, page.next_token], ['first', 1]);
  assert.equal((await admin.call('GET', `${base}/user_reports?user_id=ben`)).total, 0);
  const one = `${base}/user_reports/${reports[0].id}`;
  assert.equal((await admin.call('GET', one)).reason, 'second');
  await admin.call('DELETE', one);
  assert.equal(await errcode('GET', one, 404), 'M_NOT_FOUND');
  const { reports: all } = await admin.call('GET', '/_holdfast/v1/admin/reports');
  const ofRoom = all.find((report: AnyJson) => report.reason === 'a room');
  assert.equal(await errcode('DELETE', `${base}/user_reports/${ofRoom.id}`, 404), 'M_NOT_FOUND');
});

test('account data is told as the user stored it', async () => {
  const ben = await registerUser(homeserver.baseUrl, 'ben');
  const { room_id: roomId } = await ben.call('POST', '/_matrix/client/v3/createRoom', {});
  const mine = `/_matrix/client/v3/user/${ben.userId}`;
  await ben.call('PUT', `${mine}/account_data/org.example.colour`, { 'a "name"': ['green', 1] });
  await ben.call('PUT', `${mine}/rooms/${encodeURIComponent(roomId)}/account_data/org.example.sound`, { on: true });
  const { account_data: data } = await admin.call('GET', `${base}/users/${ben.userId}/accountdata`);
  assert.deepEqual(data.global['org.example.colour'], { 'a "name"': ['green', 1] });
  assert.deepEqual(data.rooms[roomId], { 'org.example.sound': { on: true } });
  assert.equal(await errcode('GET', `${base}/users/${stranger}/accountdata`, 404), 'M_NOT_FOUND');
  assert.equal(await errcode('GET', `${base}/users/@x:other.example/accountdata`, 400), 'M_INVALID_PARAM');
});

test('a device is told and gets another name', async () => {
  await loginUser(anna, 'PHONE');
  const path = `/_synapse/admin/v2/users/${anna.userId}/devices/PHONE`;
  await admin.call('PUT', path, { display_name: 'lost phone' });
  const device = await admin.call('GET', path);
  assert.deepEqual([device.device_id, device.display_name, device.user_id], ['PHONE', 'lost phone', anna.userId]);
  assert.equal(await errcode('GET', `${path}X`, 404), 'M_NOT_FOUND');
  assert.equal(await errcode('PUT', `${path}X`, 404, { display_name: 'x' }), 'M_NOT_FOUND');
});

test('a file is described, and the files of somebody are deleted a page at a time', async () => {
  const carol = await registerUser(homeserver.baseUrl, 'carol');
  const places: string[] = [];
  for (const body of ['one', 'two', 'three']) {
    const reply = await carol.send('POST', '/_matrix/media/v3/upload?filename=a.txt', { body });
    places.push(reply.body.content_uri.slice('mxc://'.length));
  }
  const { media_info: info } = await admin.call('GET', `${base}/media/${places[0]}`);
  assert.deepEqual(
    [info.user_id, info.media_length, info.upload_name, info.quarantined_by, info.media_origin],
    [carol.userId, 3, 'a.txt', null, 'test.example'],
  );
  assert.equal(info.sha256, '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed');
  assert.equal(await errcode('GET', `${base}/media/test.example/nothing`, 404), 'M_NOT_FOUND');
  const path = `${base}/users/${carol.userId}/media`;
  const first = await admin.call('DELETE', `${path}?limit=2`);
  const second = await admin.call('DELETE', path);
  assert.deepEqual([first.total, second.total], [2, 1]);
  const deleted = [...first.deleted_media, ...second.deleted_media];
  assert.deepEqual(new Set(deleted), new Set(places.map((place) => place.split('/')[1])));
  assert.equal((await admin.call('GET', path)).total, 0);
  assert.equal(await errcode('DELETE', `${base}/users/${stranger}/media`, 404), 'M_NOT_FOUND');
});

test("copies of other servers' files that nobody used since a time are forgotten", async () => {
  const { context } = homeserver;
  await context.database`
    INSERT INTO remote_media (server_name, media_id, content, size_bytes, content_type, authenticated, read_at)
    SELECT 'other.example', 'file' || days, sha256('x'), 1, 'text/plain', true,
      clock_timestamp() - days * interval '1 day' FROM unnest(ARRAY[3, 5, 9]) AS days`;
  const { media_info: info } = await admin.call('GET', `${base}/media/other.example/file3`);
  const purge = (beforeMs: number) => `${base}/purge_media_cache?before_ts=${beforeMs}`;
  assert.deepEqual([info.user_id, info.created_ts, info.last_access_ts > 0], [null, null, true]);
  const fourDaysAgoMs = context.clock.wallMs() - 4 * 24 * 60 * 60_000;
  assert.deepEqual(await admin.call('POST', purge(fourDaysAgoMs)), { deleted: 2 });
  assert.deepEqual(await admin.call('POST', purge(fourDaysAgoMs)), { deleted: 0 });
  await admin.call('GET', `${base}/media/other.example/file3`);
  assert.equal(await errcode('POST', purge(1_700_000_000), 400), 'M_INVALID_PARAM', 'seconds instead of milliseconds');
});

test('the rooms that are shared with another server are listed', async () => {
  const path = `${base}/federation/destinations/test.example/rooms`;
  const { rooms, total } = await admin.call('GET', `${path}?limit=1`);
  const all = await admin.call('GET', `${path}?dir=b`);
  assert.deepEqual([rooms.length, all.rooms.length, all.rooms.at(-1)], [1, total, rooms[0]]);
  assert.ok(total >= 2);
  const none = await admin.call('GET', `${base}/federation/destinations/other.example/rooms`);
  assert.deepEqual(none, { rooms: [], total: 0 });
});

test('a user is freed from the limits, or has others', async () => {
  const limited = await startTestHomeserver({
    config: { 'rate_limits.enabled': true, 'rate_limits.message.burst': 1, 'rate_limits.message.per_second': 0.001 },
  });
  const operator = await registerUser(limited.baseUrl, 'operator');
  await setAccountFlags(limited.context, operator.userId, { isAdmin: true });
  const bot = await registerUser(limited.baseUrl, 'bot');
  const { room_id: botRoom } = await bot.call('POST', '/_matrix/client/v3/createRoom', {});
  const say = async (id: number) => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(botRoom)}/send/m.room.message/${id}`;
    return (await bot.send('PUT', path, { body: { body: 'a' } })).status;
  };
  const path = `${base}/users/${encodeURIComponent(bot.userId)}/override_ratelimit`;
  assert.deepEqual([await say(1), await say(2), await operator.call('GET', path)], [200, 429, {}]);
  const free = { messages_per_second: 0, burst_count: 0 };
  assert.deepEqual(await operator.call('POST', path, {}), free);
  assert.deepEqual([await say(3), await say(4), await operator.call('GET', path)], [200, 200, free]);
  assert.deepEqual(await operator.call('DELETE', path), {});
  assert.deepEqual([await say(5), await operator.call('GET', path)], [429, {}]);
  const other = { messages_per_second: 1_000, burst_count: 1 };
  assert.deepEqual(await operator.call('POST', path, other), other);
  await limited.context.clock.sleep(5);
  assert.equal(await say(6), 200);
  assert.equal((await operator.send('POST', path, { body: { messages_per_second: -1 } })).status, 400);
  assert.equal((await operator.send('GET', path.replace('bot', 'nobody'), {})).status, 404);
  await limited.stop();
});

test('what this server has not is not recognised', async () => {
  for (const path of ['pushers', 'shadow_ban', 'login']) {
    assert.equal(await errcode('POST', `${base}/users/${anna.userId}/${path}`, 404), 'M_UNRECOGNIZED', path);
  }
});
