import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let anna: TestUser;
let spam: TestUser;
before(async () => {
  homeserver = await startTestHomeserver({ config: { 'shards.count': 3 } });
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
  anna = await registerUser(homeserver.baseUrl, 'anna');
  spam = await registerUser(homeserver.baseUrl, 'spam');
});
after(() => homeserver.stop());

const clientRoom = (roomId: string) => `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;

/** A room of anna's, with what anna and the spammer said in turns. */
async function makeRoom(messages: number): Promise<string> {
  const body = { preset: 'public_chat' };
  const { room_id: roomId } = await anna.call('POST', '/_matrix/client/v3/createRoom', body);
  await spam.call('POST', `${clientRoom(roomId)}/join`, {});
  for (let index = 0; index < messages; index++) {
    for (const user of [spam, anna]) {
      const path = `${clientRoom(roomId)}/send/m.room.message/m${index}`;
      await user.call('PUT', path, { msgtype: 'm.text', body: `${user.userId} ${index}` });
    }
  }
  return roomId;
}

/** Who said what can still be read, as anna sees it, the newest first. */
async function readSaid(roomId: string): Promise<string[]> {
  const { chunk } = await anna.call('GET', `${clientRoom(roomId)}/messages?dir=b&limit=200`);
  return chunk.flatMap(({ type, content }: AnyJson) => (type === 'm.room.message' ? (content.body ?? []) : []));
}

async function finish(taskId: string): Promise<AnyJson> {
  for (;;) {
    const task = await admin.call('GET', `/_holdfast/v1/admin/tasks/${taskId}`);
    if (task.state !== 'running') return task;
    await homeserver.context.clock.sleep(50);
  }
}

const own = (userId: string) => `/_holdfast/v1/admin/users/${encodeURIComponent(userId)}/redact`;
const synapse = (userId: string) => `/_synapse/admin/v1/user/${encodeURIComponent(userId)}/redact`;
const isOfSpam = (text: string) => text.startsWith(spam.userId);

test('all that a user said is redacted in all rooms, and what others said stays', async () => {
  const rooms = [await makeRoom(25), await makeRoom(2)];
  const { task_id: taskId } = await admin.call('POST', own(spam.userId), { reason: 'spam' });
  const task = await finish(taskId);
  assert.deepEqual([task.state, task.kind, task.done, task.total], ['done', 'redact-user', 2, 2]);
  for (const [index, roomId] of rooms.entries()) {
    const said = await readSaid(roomId);
    assert.deepEqual([said.length, said.filter(isOfSpam)], [index === 0 ? 25 : 2, []]);
  }
  const { chunk } = await anna.call('GET', `${clientRoom(rooms[1] ?? '')}/messages?dir=b&limit=1`);
  assert.deepEqual(
    [chunk[0].type, chunk[0].sender, chunk[0].content.reason],
    ['m.room.redaction', spam.userId, 'spam'],
  );
});

test('as tools for other servers ask it: some rooms, some messages, and what could not be done', async () => {
  const [here, there] = [await makeRoom(3), await makeRoom(3)];
  const body = { rooms: [here], limit: 2 };
  const { redact_id: id } = await admin.call('POST', synapse(spam.userId), body);
  await finish(id);
  assert.deepEqual((await readSaid(here)).filter(isOfSpam), [`${spam.userId} 0`]);
  assert.equal((await readSaid(there)).filter(isOfSpam).length, 3);
  const status = (redactId: string) => admin.call('GET', `/_synapse/admin/v1/user/redact_status/${redactId}`);
  assert.deepEqual(await status(id), { status: 'complete', failed_redactions: {} });
  // Who is banned redacts nothing any more, and the administrator is not in the room.
  await anna.call('POST', `${clientRoom(there)}/ban`, { user_id: spam.userId });
  const second = await admin.call('POST', synapse(spam.userId), { rooms: [there] });
  await finish(second.redact_id);
  const { failed_redactions: failed } = await status(second.redact_id);
  assert.equal(Object.keys(failed).length, 3);
  assert.equal((await readSaid(there)).filter(isOfSpam).length, 3);
  await admin.call('POST', `${clientRoom(there)}/join`, {});
  await anna.call('PUT', `${clientRoom(there)}/state/m.room.power_levels`, {
    users: { [admin.userId]: 50 },
  });
  await finish((await admin.call('POST', synapse(spam.userId), { rooms: [there] })).redact_id);
  assert.equal((await readSaid(there)).filter(isOfSpam).length, 0);
});

test('what makes no sense is refused, and so are people who are no administrators', async () => {
  await admin.call('POST', own('nobody'), {}, 400);
  await admin.call('POST', synapse(spam.userId), { limit: 0 }, 400);
  await anna.call('POST', own(spam.userId), {}, 403);
  await admin.call('GET', '/_synapse/admin/v1/user/redact_status/nothing', undefined, 404);
});

test('an administrator sees what was reported in its context, in rooms of others too', async () => {
  const body = { preset: 'private_chat' };
  const { room_id: roomId } = await anna.call('POST', '/_matrix/client/v3/createRoom', body);
  const ids: string[] = [];
  for (const text of ['one', 'two', 'three']) {
    const path = `${clientRoom(roomId)}/send/m.room.message/${text}`;
    ids.push((await anna.call('PUT', path, { msgtype: 'm.text', body: text })).event_id);
  }
  const context = `/_synapse/admin/v1/rooms/${encodeURIComponent(roomId)}/context/${ids[1]}?limit=2`;
  const { event, events_before: before, events_after: after } = await admin.call('GET', context);
  assert.deepEqual(
    [...before, event, ...after].map(({ content }: AnyJson) => content.body),
    ['one', 'two', 'three'],
  );
  await anna.call('GET', context, undefined, 403);
  await admin.call('GET', context.replace(ids[1] ?? '', '$nothing'), undefined, 404);
  await admin.call('GET', `${clientRoom(roomId)}/context/${ids[1]}`, undefined, 404);
});

test('memberships are told by room', async () => {
  const { memberships } = await admin.call('GET', `/_synapse/admin/v1/users/${spam.userId}/memberships`);
  assert.equal(Object.values(memberships).filter((each) => each === 'join').length, 3);
  assert.equal(Object.values(memberships).filter((each) => each === 'ban').length, 1);
});
