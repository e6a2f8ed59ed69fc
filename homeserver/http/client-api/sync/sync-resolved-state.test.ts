import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { receiveEvents } from '../../../rooms/receive-events.ts';
import { RemoteRoom } from '../../../testing/remote-room.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type SyncClient, syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let server: TestHomeserver;
let user: TestUser;
before(async () => {
  server = await startTestHomeserver();
  user = await registerUser(server.baseUrl, 'alice');
});
after(() => server.stop());

const [ann, bob] = ['@ann:remote.example', '@bob:remote.example'] as const;

/** A room in which Bob sets a topic, and then is banned on a branch that left before: Ann's topic is back. */
async function makeContestedRoom() {
  const remote = new RemoteRoom();
  remote.member(bob, 'join');
  const levels = { users: { [ann]: 100, [bob]: 50 }, state_default: 50, events_default: 0, ban: 50 };
  remote.send({ type: 'm.room.power_levels', sender: ann, stateKey: '', content: levels });
  const topic = (sender: string, text: string) =>
    remote.send({ type: 'm.room.topic', sender, stateKey: '', content: { topic: text } });
  topic(ann, 'of Ann');
  await remote.enter(server.context, user.userId);
  const start = remote.newest;
  const contested = topic(bob, 'of Bob');
  const receive = ({ eventId, pduJson }: { eventId: string; pduJson: string }) =>
    receiveEvents(server.context, {
      roomId: remote.roomId,
      origin: 'remote.example',
      events: [{ eventId, pduJson }],
    });
  return { remote, receive, contested, ban: () => remote.member(ann, 'ban', bob, [start]) };
}

function topicsIn(section: AnyJson): string[] {
  const events = section?.events ?? [];
  return events.filter((event: AnyJson) => event.type === 'm.room.topic').map((event: AnyJson) => event.content.topic);
}

/** The same user at another process. */
function at(baseUrl: string): TestUser {
  return {
    ...user,
    async call(method, path, body) {
      const reply = await request(baseUrl, method, path, { token: user.accessToken, body });
      assert.equal(reply.status, 200, JSON.stringify(reply.body));
      return reply.body;
    },
  };
}

for (const from of ['memory', 'the tables'] as const) {
  test(`state that resolution brought back is told to clients, from ${from}`, async () => {
    const { remote, receive, contested, ban } = await makeContestedRoom();
    await receive(contested);
    const { since } = await nextOf(syncClient(user));
    await receive(ban());
    // A process that started later has nothing of it in memory.
    const reader = syncClient(from === 'memory' ? user : at((await server.startProcess()).url));
    const before = (await reader.from(since)).rooms.join[remote.roomId];
    assert.deepEqual(topicsIn(before.state), ['of Ann']);
    assert.equal(before.timeline.events.at(-1).content.membership, 'ban');
    const afterwards = (await reader.from(since, { stateAfter: true })).rooms.join[remote.roomId];
    assert.deepEqual(topicsIn(afterwards.state_after), ['of Ann']);
    assert.equal(afterwards.summary['m.joined_member_count'], 2);
  });
}

async function nextOf(client: SyncClient): Promise<SyncClient> {
  await client.next();
  return client;
}
