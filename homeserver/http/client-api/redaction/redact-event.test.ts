import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { putRemoteMember } from '../../../testing/put-remote-member.ts';
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

/** Path of a new room with both in it. */
async function makeRoom(version: string): Promise<string> {
  const { room_id: roomId } = await alice.call('POST', '/createRoom', { preset: 'public_chat', room_version: version });
  const path = `/rooms/${encodeURIComponent(roomId)}`;
  await bob.call('POST', `${path}/join`, {});
  return path;
}

async function say(client: TestClient, room: string, body: string): Promise<string> {
  const content = { msgtype: 'm.text', body };
  return (await client.call('PUT', `${room}/send/m.room.message/${body}`, content)).event_id;
}

const eventPath = (room: string, eventId: string) => `${room}/event/${encodeURIComponent(eventId)}`;
const redactPath = (room: string, eventId: string, transaction: string) =>
  `${room}/redact/${encodeURIComponent(eventId)}/${transaction}`;

for (const version of ['10', '11', '12']) {
  test(`a redaction in room version ${version} takes the content and says why`, async () => {
    const room = await makeRoom(version);
    const eventId = await say(bob, room, 'oops');
    const { event_id: redaction } = await bob.call('PUT', redactPath(room, eventId, '1'), { reason: 'typo' });
    const event = await alice.call('GET', eventPath(room, eventId));
    assert.deepEqual(event.content, {});
    assert.equal(event.unsigned.redacted_because.event_id, redaction);
    assert.equal(event.unsigned.redacted_because.content.reason, 'typo');
    const shown = await alice.call('GET', eventPath(room, redaction));
    assert.equal(shown.redacts, eventId);
    assert.equal(shown.content.redacts, eventId);
    const [stored] = await homeserver.context.database<{ body: Uint8Array }[]>`
      SELECT body FROM event WHERE event_id = ${eventId}`;
    assert.ok(!Buffer.from(stored?.body ?? []).includes('oops'));
  });

  test(`a redaction in room version ${version} can be sent as any event`, async () => {
    const room = await makeRoom(version);
    const eventId = await say(bob, room, 'oops');
    const content = { redacts: eventId, reason: 'typo' };
    const sent = await bob.call('PUT', `${room}/send/m.room.redaction/1`, content);
    assert.deepEqual(await bob.call('PUT', `${room}/send/m.room.redaction/1`, content), sent);
    assert.deepEqual((await alice.call('GET', eventPath(room, eventId))).content, {});
    assert.equal((await bob.request('PUT', `${room}/send/m.room.redaction/2`, {})).body.errcode, 'M_BAD_JSON');
  });
}

test("others' events are redacted with the power to, and unknown events are not found", async () => {
  const room = await makeRoom('12');
  const hers = await say(alice, room, 'hers');
  const his = await say(bob, room, 'his');
  assert.equal((await bob.request('PUT', redactPath(room, hers, '1'), {})).body.errcode, 'M_FORBIDDEN');
  assert.equal((await alice.request('PUT', redactPath(room, his, '1'), {})).status, 200);
  assert.equal((await bob.request('PUT', redactPath(room, '$none', '2'), {})).body.errcode, 'M_NOT_FOUND');
  const elsewhere = await say(bob, await makeRoom('12'), 'elsewhere');
  assert.equal((await bob.request('PUT', redactPath(room, elsewhere, '3'), {})).body.errcode, 'M_NOT_FOUND');
});

test('the same transaction id redacts once, and a second redaction does not take the place of the first', async () => {
  const room = await makeRoom('12');
  const eventId = await say(bob, room, 'once');
  const first = await bob.call('PUT', redactPath(room, eventId, 'same'), {});
  assert.deepEqual(await bob.call('PUT', redactPath(room, eventId, 'same'), {}), first);
  const second = await alice.call('PUT', redactPath(room, eventId, 'again'), {});
  assert.notEqual(second.event_id, first.event_id);
  const event = await alice.call('GET', eventPath(room, eventId));
  assert.equal(event.unsigned.redacted_because.event_id, first.event_id);
});

test('redacted state stays, without what the redaction takes', async () => {
  const room = await makeRoom('12');
  const { event_id: named } = await alice.call('PUT', `${room}/state/m.room.name`, { name: 'Rude' });
  await alice.call('PUT', redactPath(room, named, '1'), {});
  assert.deepEqual(await bob.call('GET', `${room}/state/m.room.name`), {});
  const { event_id: renamed } = await alice.call('PUT', `${room}/state/m.room.name`, { name: 'Rude' });
  assert.notEqual(renamed, named);
  await alice.call('PUT', redactPath(room, renamed, 'renamed'), {});
  const { event_id: again } = await alice.call('PUT', `${room}/state/m.room.name`, { name: 'Kind' });
  assert.deepEqual((await bob.call('GET', eventPath(room, again))).unsigned.prev_content, {});
  const rules = await alice.call('GET', `${room}/state/m.room.join_rules?format=event`);
  await alice.call('PUT', redactPath(room, rules.event_id, '2'), {});
  assert.deepEqual(await bob.call('GET', `${room}/state/m.room.join_rules`), { join_rule: 'public' });
  const member = await bob.call('GET', `${room}/state/m.room.member/${bob.userId}?format=event`);
  await bob.call('PUT', redactPath(room, member.event_id, '3'), {});
  assert.deepEqual(await bob.call('GET', `${room}/state/m.room.member/${bob.userId}`), { membership: 'join' });
  await say(bob, room, 'still here');
});

test('an event that other servers of the room may still bring can be redacted before it comes', async () => {
  const room = await makeRoom('12');
  const unknown = `$${'A'.repeat(43)}`;
  assert.equal((await alice.request('PUT', redactPath(room, unknown, '1'), {})).body.errcode, 'M_NOT_FOUND');
  const shared = await makeRoom('12');
  const roomId = decodeURIComponent(shared.slice('/rooms/'.length));
  await putRemoteMember(homeserver.context, roomId, '@far:remote.example');
  // The process that is there knows the servers of the room already.
  const { context } = await homeserver.restart();
  await alice.call('PUT', redactPath(shared, unknown, '2'), {});
  const waiting = await context.database<{ redacts: string }[]>`SELECT redacts FROM early_redaction`;
  assert.deepEqual(
    waiting.map(({ redacts }) => redacts),
    [unknown],
  );
});
