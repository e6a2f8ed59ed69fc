import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { withConnection } from '../../../platform/embedded-postgres/cluster-connection.ts';
import { purgeEventsCommand } from '../../../rooms/purge-events.ts';
import { afterTheLast, beforeTheFirst } from '../../../storage/rooms/read-purgeable.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

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

const adminRoom = (roomId: string) => `/_holdfast/v1/admin/rooms/${encodeURIComponent(roomId)}`;
const clientRoom = (roomId: string) => `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;

async function createRoom(body: object = {}): Promise<string> {
  const { room_id: roomId } = await anna.call('POST', '/_matrix/client/v3/createRoom', {
    ...{ preset: 'public_chat', ...body },
  });
  await ben.call('POST', `${clientRoom(roomId)}/join`, {});
  return roomId;
}

async function say(roomId: string, count: number, first = 0): Promise<string[]> {
  const ids: string[] = [];
  for (let index = first; index < first + count; index++) {
    const path = `${clientRoom(roomId)}/send/m.room.message/m${index}`;
    ids.push((await anna.call('PUT', path, { msgtype: 'm.text', body: `secret ${index}` })).event_id);
  }
  return ids;
}

async function finish(taskId: string): Promise<AnyJson> {
  for (let looks = 0; looks < 600; looks++) {
    const task = await admin.call('GET', `/_holdfast/v1/admin/tasks/${taskId}`);
    if (task.state !== 'running') return task;
    await homeserver.context.clock.sleep(50);
  }
  throw new Error('the task does not end');
}

const bodiesOf = (chunk: AnyJson[]) => chunk.flatMap((event) => event.content.body ?? []);

test('purged messages are gone for everybody, and the rest of the room goes on as before', async () => {
  const roomId = await createRoom({ name: 'Kept' });
  const ids = await say(roomId, 10);
  const since = (await ben.call('GET', '/_matrix/client/v3/sync')).next_batch;
  const { task_id: taskId } = await admin.call('POST', `${adminRoom(roomId)}/purge-history`, {
    before_event_id: ids[7],
  });
  const task = await finish(taskId);
  assert.deepEqual([task.state, task.done, task.total, task.percent, task.left_ms], ['done', 7, 7, 100, 0]);
  const { chunk } = await ben.call('GET', `${clientRoom(roomId)}/messages?dir=b&limit=100`);
  assert.deepEqual(bodiesOf(chunk), ['secret 9', 'secret 8', 'secret 7']);
  assert.ok(
    chunk.some((event: AnyJson) => event.type === 'm.room.name'),
    'state stays',
  );
  await ben.call('GET', `${clientRoom(roomId)}/event/${encodeURIComponent(ids[0] ?? '')}`, undefined, 404);
  const stored = await homeserver.context.database`SELECT convert_from(body, 'UTF8') AS text FROM event
    WHERE event_id = ANY(${ids.slice(0, 7)}::text[])`;
  assert.equal(stored.length, 7);
  for (const row of stored) assert.doesNotMatch(row['text'], /secret/);
  await say(roomId, 1, 10);
  const { rooms } = await ben.call('GET', `/_matrix/client/v3/sync?since=${since}`);
  assert.deepEqual(bodiesOf(rooms.join[roomId].timeline.events), ['secret 10']);
  const fresh = await ben.call('GET', '/_matrix/client/v3/sync');
  assert.equal(fresh.rooms.join[roomId].unread_notifications.notification_count, 11, 'counts stay what they were');
});

test('a purge by time ends where newer messages begin', async () => {
  const roomId = await createRoom();
  await say(roomId, 3);
  const { chunk } = await anna.call('GET', `${clientRoom(roomId)}/messages?dir=b&limit=3`);
  const middle = chunk[1].origin_server_ts;
  const { task_id: taskId } = await admin.call('POST', `${adminRoom(roomId)}/purge-history`, { before_ts: middle });
  assert.equal((await finish(taskId)).state, 'done');
  const left = bodiesOf((await ben.call('GET', `${clientRoom(roomId)}/messages?dir=b&limit=100`)).chunk);
  assert.ok(left.includes('secret 1') && left.includes('secret 2'));
  for (const body of [{}, { before_ts: 1, before_event_id: '$a' }]) {
    const refused = await admin.call('POST', `${adminRoom(roomId)}/purge-history`, body, 400);
    assert.equal(refused.errcode, 'M_INVALID_PARAM');
  }
});

test('what a killed process left half done is done by the next one', async () => {
  const roomId = await createRoom();
  await say(roomId, 3);
  const { context } = homeserver;
  const slice = { roomId, after: beforeTheFirst, upTo: afterTheLast, beforeMs: null };
  // It had purged and not saved its progress when it was killed.
  await context.shardLog.submit(purgeEventsCommand, 0, slice);
  await say(roomId, 3, 3);
  await homeserver.restart(async () => {
    const input = JSON.stringify({ upTo: afterTheLast, beforeMs: null });
    await withConnection(
      homeserver.databaseUrl,
      (sql) => sql`
        INSERT INTO admin_task (id, shard, kind, subject, input, progress, requested_by, created_ms, state, total, started_at)
        VALUES ('left', 0, 'purge-history', ${roomId}, ${input}, '{}', ${admin.userId}, 1, 'running', 6, clock_timestamp())`,
    );
  });
  const task = await finish('left');
  assert.deepEqual([task.state, task.done], ['done', 3]);
  assert.deepEqual(bodiesOf((await ben.call('GET', `${clientRoom(roomId)}/messages?dir=b&limit=100`)).chunk), []);
});

test('a task can be cancelled before its next step, and is told once', async () => {
  const roomId = await createRoom();
  const path = `${adminRoom(roomId)}/purge-history`;
  const [one, two] = await Promise.all([
    admin.call('POST', path, { before_ts: 1 }),
    admin.call('POST', path, { before_ts: 1 }),
  ]);
  assert.equal(one.task_id, two.task_id, 'asked for twice, done once');
  const task = `/_holdfast/v1/admin/tasks/${one.task_id}`;
  const cancelled = await admin.send('POST', `${task}/cancel`);
  const { state } = await finish(one.task_id);
  assert.ok(cancelled.status === 200 ? ['cancelled', 'done'].includes(state) : cancelled.status === 409);
  assert.equal((await admin.send('POST', `${task}/cancel`)).status, 409);
  assert.equal((await admin.send('POST', '/_holdfast/v1/admin/tasks/none/cancel')).status, 404);
  const listed = await admin.call('GET', `/_holdfast/v1/admin/tasks?subject=${encodeURIComponent(roomId)}`);
  assert.deepEqual(
    listed.tasks.map((each: AnyJson) => each.id),
    [one.task_id],
  );
});

test('a deleted room is left by everybody, has no name and no rows any more, and nobody comes back', async () => {
  const roomId = await createRoom({ name: 'Doomed', room_alias_name: 'doomed', visibility: 'public' });
  const other = await createRoom({ name: 'Neighbour' });
  await say(roomId, 5);
  const since = (await ben.call('GET', '/_matrix/client/v3/sync')).next_batch;
  const { task_id: taskId } = await admin.call('POST', `${adminRoom(roomId)}/delete`, {});
  const task = await finish(taskId);
  assert.deepEqual([task.state, task.error], ['done', null]);
  for (const user of [anna, ben]) {
    const { joined_rooms: joined } = await user.call('GET', '/_matrix/client/v3/joined_rooms');
    assert.ok(!joined.includes(roomId) && joined.includes(other));
  }
  await ben.call('GET', '/_matrix/client/v3/directory/room/%23doomed:test.example', undefined, 404);
  await ben.call('GET', `${clientRoom(roomId)}/messages?dir=b`, undefined, 403);
  await ben.call('POST', `${clientRoom(roomId)}/join`, {}, 403);
  const shown = await admin.call('GET', adminRoom(roomId));
  assert.deepEqual([shown.state, shown.aliases, shown.blocked.by], [null, [], admin.userId]);
  const { context } = await homeserver.restart();
  const rows = await context.database`
    SELECT (SELECT count(*)::int FROM event e JOIN room r ON r.id = e.room WHERE r.room_id = ${roomId} AND e.event_id <> '') AS events,
      (SELECT count(*)::int FROM room_state s JOIN room r ON r.id = s.room WHERE r.room_id = ${roomId}) AS state`;
  assert.deepEqual({ ...rows[0] }, { events: 0, state: 0 });
  // The log has no hole: who was away gets everything that came after.
  await say(other, 1, 100);
  const { rooms } = await ben.call('GET', `/_matrix/client/v3/sync?since=${since}`);
  assert.ok(bodiesOf(rooms.join[other].timeline.events).includes('secret 100'));
  assert.equal(rooms.join[roomId], undefined);
});

test('without purging, a room is only left', async () => {
  const roomId = await createRoom({ name: 'Left' });
  const { task_id: taskId } = await admin.call('POST', `${adminRoom(roomId)}/delete`, { block: false, purge: false });
  assert.equal((await finish(taskId)).state, 'done');
  const shown = await admin.call('GET', adminRoom(roomId));
  assert.deepEqual([shown.state.name, shown.state.joined_local_members, shown.blocked], ['Left', 0, null]);
  assert.equal((await admin.call('POST', `${adminRoom('!none:test.example')}/delete`, {}, 404)).errcode, 'M_NOT_FOUND');
});
