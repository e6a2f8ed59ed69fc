import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestRoom, joinRoom, leaveRoom, say } from '../../../testing/room-actions.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, registerUser, request, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let urls: string[];

before(async () => {
  homeserver = await startTestHomeserver({ config: { 'shards.count': 3 } });
  urls = [homeserver.baseUrl, (await homeserver.startProcess()).url];
});
after(() => homeserver.stop());

const roomCount = 5;
const writerCount = 4;
const messagesPerWriter = 40;
const seeds = [1, 2, 3];

/** Numbers that look random and are the same each time. */
function seededNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const at = (user: TestUser, url: string): TestUser => ({
  ...user,
  async call(method, path, body) {
    const reply = await request(url, method, path, { token: user.accessToken, body });
    assert.equal(reply.status, 200, `${method} ${path}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  },
});

/** Everything that one reader was told over a chain of syncs, each with its own limit, on its own process. */
async function readChain(
  reader: TestUser,
  pick: (below: number) => number,
  isDone: (told: ReadonlyMap<string, string[]>) => boolean,
): Promise<Map<string, string[]>> {
  const told = new Map<string, string[]>();
  let since: string | undefined;
  for (let turn = 0; turn < 2_000; turn++) {
    const client = at(reader, urls[pick(urls.length)] as string);
    const filter = { room: { timeline: { limit: 1 + pick(6), types: ['m.room.message'] } } };
    const query = new URLSearchParams({
      filter: JSON.stringify(filter),
      timeout: isDone(told) ? '0' : '2000',
      set_presence: 'offline',
      ...(since !== undefined && { since }),
    });
    const reply = await client.call('GET', `/_matrix/client/v3/sync?${query.toString()}`);
    for (const [roomId, room] of Object.entries<AnyJson>(reply.rooms?.join ?? {})) {
      const gap = room.timeline.limited ? await readGap(client, roomId, room.timeline.prev_batch, since) : [];
      const events = [...gap, ...room.timeline.events.map((event: AnyJson) => event.event_id)];
      told.set(roomId, [...(told.get(roomId) ?? []), ...events]);
    }
    since = reply.next_batch;
    if (isDone(told) && !reply.rooms) return told;
    // Some clients are away for a while.
    for (let pause = pick(4) * 3; pause > 0; pause--) await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the chain of syncs did not come to an end');
}

/** What lies between a token and a limited timeline, oldest first. */
async function readGap(client: TestUser, roomId: string, from: string, to: string | undefined): Promise<string[]> {
  const found: string[] = [];
  for (let token: string | undefined = from; token !== undefined; ) {
    const query = new URLSearchParams({ dir: 'b', limit: '100', from: token, ...(to !== undefined && { to }) });
    query.set('filter', JSON.stringify({ types: ['m.room.message'] }));
    const page = await client.call(
      'GET',
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query.toString()}`,
    );
    found.push(...page.chunk.map((event: AnyJson) => event.event_id));
    token = page.end;
  }
  return found.toReversed();
}

for (const seed of seeds) {
  test(`a chain of syncs over two processes and three shards loses nothing and doubles nothing (seed ${seed})`, async () => {
    const users = await Promise.all(
      Array.from({ length: writerCount + 2 }, (_, i) => registerUser(homeserver.baseUrl, `seed${seed}user${i}`)),
    );
    const [writers, readers] = [users.slice(0, writerCount), users.slice(writerCount)];
    const roomIds: string[] = [];
    for (let i = 0; i < roomCount; i++) roomIds.push(await createTestRoom(writers[0] as TestUser));
    for (const user of users.slice(1)) await joinRoom(user, ...roomIds);
    const sent = new Map<string, Set<string>>(roomIds.map((roomId) => [roomId, new Set()]));
    let writing = writerCount;
    const isDone = (told: ReadonlyMap<string, string[]>) =>
      writing === 0 && roomIds.every((roomId) => (told.get(roomId)?.length ?? 0) >= (sent.get(roomId)?.size ?? 0));
    const write = async (writer: TestUser, index: number) => {
      const pick = seededNumbers(seed * 100 + index);
      for (let i = 0; i < messagesPerWriter; i++) {
        const roomId = roomIds[pick(roomCount)] as string;
        sent.get(roomId)?.add(await say(at(writer, urls[pick(2)] as string), roomId, `${index} ${i}`));
      }
      writing--;
    };
    const [, chains] = await Promise.all([
      Promise.all(writers.map(write)),
      Promise.all(readers.map((reader, index) => readChain(reader, seededNumbers(seed * 7 + index), isDone))),
    ]);
    for (const roomId of roomIds) {
      const orders = chains.map((told) => told.get(roomId) ?? []);
      for (const order of orders) {
        assert.equal(new Set(order).size, order.length, 'an event was told twice');
        assert.deepEqual(new Set(order), sent.get(roomId), 'what was told is not what was sent');
        assert.deepEqual(order, orders[0], 'two readers were told another order');
      }
    }
  });
}

test('who comes and goes while others write is told every room exactly while being in it', async () => {
  const [alice, bob] = (await Promise.all(['comer', 'goer'].map((name) => registerUser(homeserver.baseUrl, name)))) as [
    TestUser,
    TestUser,
  ];
  const roomId = await createTestRoom(alice, {
    initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility: 'joined' } }],
  });
  const allowed = new Set<string>();
  let done = false;
  const moves = async () => {
    for (let round = 0; round < 12; round++) {
      await say(alice, roomId, 'bob is away');
      await joinRoom(at(bob, urls[round % 2] as string), roomId);
      for (let i = 0; i < 3; i++) allowed.add(await say(alice, roomId, 'bob is here'));
      await leaveRoom(at(bob, urls[(round + 1) % 2] as string), roomId);
    }
    done = true;
  };
  const reading = async () => {
    const told: string[] = [];
    let since: string | undefined;
    const pick = seededNumbers(5);
    // The process that is asked last may hear of the last events a moment later.
    const mayBeBehind = () => done && [...allowed].some((eventId) => !told.includes(eventId));
    for (let isLast = false, looksBehind = 0; !isLast && looksBehind < 100; ) {
      isLast = done && !mayBeBehind();
      if (mayBeBehind()) looksBehind++;
      const client = at(bob, urls[pick(2)] as string);
      const query = new URLSearchParams({ timeout: '50', set_presence: 'offline' });
      query.set('filter', JSON.stringify({ room: { timeline: { limit: 100, types: ['m.room.message'] } } }));
      if (since !== undefined) query.set('since', since);
      const reply = await client.call('GET', `/_matrix/client/v3/sync?${query.toString()}`);
      for (const section of ['join', 'leave']) {
        const events = reply.rooms?.[section]?.[roomId]?.timeline.events ?? [];
        told.push(...events.map((event: AnyJson) => event.event_id));
      }
      since = reply.next_batch;
    }
    return told;
  };
  const [, told] = await Promise.all([moves(), reading()]);
  // A room that was joined anew is told with its history, so events may come again; never those of absence.
  for (const eventId of told) assert.ok(allowed.has(eventId), 'told what was said while away');
  assert.deepEqual(new Set(told), allowed);
});
