import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import { receiveEvents } from '../../../rooms/receive-events.ts';
import { RemoteRoom } from '../../../testing/remote-room.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type SyncClient, syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

const ann = '@ann:remote.example';

let server: TestHomeserver;
let user: TestUser;
before(async () => {
  server = await startTestHomeserver();
  user = await registerUser(server.baseUrl, 'alice');
});
after(() => server.stop());

/** A room of which the user has seen everything, then a message here, two that are lost, and two that come after them. */
async function makeRoomWithGap(client: SyncClient) {
  const remote = new RemoteRoom();
  await remote.enter(server.context, user.userId);
  await client.next();
  const state = [...remote.events.values()].filter(({ pdu }) => pdu.state_key !== undefined);
  const receive = (event: BuiltEvent, stateBefore?: string[]) =>
    receiveEvents(server.context, {
      roomId: remote.roomId,
      origin: 'remote.example',
      events: [{ eventId: event.eventId, pduJson: event.pduJson, ...(stateBefore && { stateBefore }) }],
    });
  await receive(remote.message(ann, 'before'));
  remote.message(ann, 'lost');
  remote.message(ann, 'lost, too');
  const outcomes = [
    ...(await receive(
      remote.message(ann, 'after the gap'),
      state.map(({ eventId }) => eventId),
    )),
    ...(await receive(remote.message(ann, 'newest'))),
  ];
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['accepted', 'accepted'],
  );
  return { roomId: remote.roomId, receive, remote };
}

/** The same user at another process, which has nothing of what happened before in memory. */
async function elsewhere(): Promise<TestUser> {
  const { url } = await server.startProcess();
  return {
    ...user,
    call: async (method, path, body) => (await request(url, method, path, { token: user.accessToken, body })).body,
  };
}

const bodies = (room: AnyJson) => room.timeline.events.map((event: AnyJson) => event.content.body);

async function messagesBefore(roomId: string, from: string): Promise<string[]> {
  const query = new URLSearchParams({ dir: 'b', limit: '1', from });
  const { chunk } = await user.call('GET', `/_matrix/client/v3/rooms/${roomId}/messages?${query.toString()}`);
  return chunk.map((event: AnyJson) => event.content.body);
}

for (const from of ['memory', 'the tables'] as const) {
  test(`a timeline begins after the newest gap in what other servers sent, from ${from}`, async () => {
    const client = syncClient(user);
    const { roomId } = await makeRoomWithGap(client);
    const reader = syncClient(from === 'memory' ? user : await elsewhere());
    const reply = await reader.from(client.since);
    const room = reply.rooms.join[roomId];
    assert.deepEqual(bodies(room), ['after the gap', 'newest']);
    assert.equal(room.timeline.limited, true);
    assert.deepEqual(await messagesBefore(roomId, room.timeline.prev_batch), ['before']);
  });

  test(`what comes after a gap later is told as the next, from ${from}`, async () => {
    const client = syncClient(user);
    const { roomId, receive, remote } = await makeRoomWithGap(client);
    await client.next();
    await receive(remote.message(ann, 'next'));
    const reader = syncClient(from === 'memory' ? user : await elsewhere());
    const room = (await reader.from(client.since)).rooms.join[roomId];
    assert.deepEqual(bodies(room), ['next']);
    assert.equal(room.timeline.limited, false);
  });
}

test('a gap is told to a client whose filter leaves out all that came after it', async () => {
  const client = syncClient(user);
  const { roomId } = await makeRoomWithGap(client);
  const filter = { room: { timeline: { not_types: ['m.room.message'] } } };
  const room = (await client.next({ filter })).rooms.join[roomId];
  assert.deepEqual([bodies(room), room.timeline.limited], [[], true]);
  assert.deepEqual(await messagesBefore(roomId, room.timeline.prev_batch), ['newest']);
});
