import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { startTestHomeserver } from '@holdfast/homeserver/testing/start-test-homeserver.ts';
import { sendRequest } from '../platform/send-request.ts';
import { openMonitorDatabase } from '../storage/open-monitor-database.ts';
import { readShardOfRoom, readShards } from '../storage/read-shards.ts';
import { canariesSource } from './canaries.ts';
import { createCanaryRooms, type ShardFacts } from './canary-rooms.ts';
import { CanaryRefusedError, type CanaryUser, openCanaryUser, writeRegistration } from './canary-user.ts';

const oneShard: ShardFacts = { list: async () => [0], ofRoom: async () => 0 };

async function look(user: CanaryUser | ReturnType<typeof canariesSource>, atMs: number) {
  const source = 'look' in user ? user : canariesSource(user, oneShard, systemRandom);
  const deadline = startDeadline(60_000, 'a look');
  try {
    return (await source.look(deadline, atMs))[0]!;
  } finally {
    deadline.finish();
  }
}

/** A homeserver in memory, whose faults a test chooses. */
function makeRoom() {
  const events: string[] = [];
  const faults = { refuses: false, tellsNothing: false, forgets: false };
  const user: CanaryUser = {
    openRoom: async () => '!canary',
    findRoom: async () => undefined,
    makeRoom: async () => '!other',
    async nameRoom() {},
    async leaveRoom() {},
    async say() {
      if (faults.refuses) throw new Error('503: no');
      const id = `$${events.length}`;
      events.push(id);
      return id;
    },
    sync: async (_room, since) => {
      const from = Number(since ?? 0);
      const told = faults.tellsNothing ? from : events.length;
      return { eventIds: events.slice(from, told), next: String(told) };
    },
    hasEvent: async () => !faults.forgets,
  };
  return { user, source: canariesSource(user, oneShard, systemRandom), faults };
}

test('a canary that is sent and seen says how long it took', async () => {
  const { source } = makeRoom();
  const { refusedForMs, unseenForMs, lostMessages, roundTripMs } = await look(source, 0);
  assert.deepEqual([refusedForMs, unseenForMs, lostMessages], [0, 0, 0]);
  assert.ok(roundTripMs !== undefined);
});

test('refusals, silence and loss are told apart', async () => {
  const { source, faults } = makeRoom();
  await look(source, 0);
  faults.refuses = true;
  await look(source, 20_000);
  const refused = await look(source, 40_000);
  assert.deepEqual([refused.refusedForMs, refused.why], [20_000, '503: no']);
  Object.assign(faults, { refuses: false, tellsNothing: true });
  await look(source, 60_000);
  const unseen = await look(source, 80_000);
  assert.ok(unseen.refusedForMs === 0 && unseen.unseenForMs >= 20_000 && unseen.lostMessages === 0);
  // It is in the room: late, and not lost.
  assert.equal((await look(source, 140_000)).lostMessages, 0);
  faults.forgets = true;
  assert.ok((await look(source, 200_000)).lostMessages > 0);
});

test('a homeserver that does not know the user of the canaries yet is given a minute', async () => {
  let problem: Error | undefined = new CanaryRefusedError(401, '401: M_UNKNOWN_TOKEN');
  const { user } = makeRoom();
  const openRoom = async () => (problem ? Promise.reject(problem) : '!canary');
  const source = canariesSource({ ...user, openRoom }, oneShard, systemRandom);
  const seen = async (atMs: number) => {
    const deadline = startDeadline(60_000, 'a look');
    const found = await source.look(deadline, atMs);
    deadline.finish();
    return found.map(({ refusedForMs }) => refusedForMs);
  };
  assert.deepEqual([await seen(0), await seen(20_000), await seen(40_000)], [[], [], []]);
  assert.deepEqual([await seen(60_000), await seen(80_000)], [[0], [20_000]]);
  problem = undefined;
  assert.deepEqual(await seen(100_000), [0]);
});

test('a server that cannot make a room is one that refuses from the first look on', async () => {
  const { user } = makeRoom();
  const openRoom = () => Promise.reject(new CanaryRefusedError(503, '503: M_UNAVAILABLE'));
  const source = canariesSource({ ...user, openRoom }, oneShard, systemRandom);
  assert.equal((await look(source, 0)).why, '503: M_UNAVAILABLE');
  assert.equal((await look(source, 20_000)).refusedForMs, 20_000);
});

for (const shardCount of [16, 256]) {
  test(`over ${shardCount} shards there are 16 canary rooms, in different shards, and few are made for them`, async () => {
    const random = makeRandom(7);
    const shardOf = new Map([['!canary', Math.floor(random() * shardCount)]]);
    const aliases = new Map<number, string>();
    const left: string[] = [];
    const user: CanaryUser = {
      ...makeRoom().user,
      findRoom: async (number) => aliases.get(number),
      async makeRoom() {
        const room = `!${shardOf.size}`;
        shardOf.set(room, Math.floor(random() * shardCount));
        return room;
      },
      nameRoom: async (room, number) => void aliases.set(number, room),
      leaveRoom: async (room) => void left.push(room),
    };
    const facts = {
      list: async () => Array.from({ length: shardCount }, (_, shard) => shard),
      ofRoom: async (room: string) => shardOf.get(room),
    };
    const deadline = startDeadline(60_000, 'finding rooms');
    const rooms = createCanaryRooms(user, facts);
    let found = new Map(await rooms.find(deadline));
    for (let times = 1; times < 40; times++) found = new Map(await rooms.find(deadline));
    assert.equal(found.size, 16);
    for (const [shard, room] of found) assert.equal(shardOf.get(room), shard);
    const [most, made] = [shardCount === 16 ? 150 : 25, shardOf.size];
    assert.ok(made <= most, `${made} rooms`);
    assert.equal(left.length, made - 16);
    const again = await createCanaryRooms(user, facts).find(deadline);
    assert.deepEqual([new Set(again.values()), shardOf.size], [new Set(found.values()), made]);
    deadline.finish();
  });
}

/** Numbers from 0 to 1, the same for the same seed. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a real homeserver takes the registration, the canary comes back over /sync, and another monitor finds the room', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-canary-'));
  const registrations = join(folder, 'appservices');
  const token = await writeRegistration(registrations, 'test.example', systemRandom);
  assert.equal(await writeRegistration(registrations, 'test.example', systemRandom), token);
  const homeserver = await startTestHomeserver({ config: { 'application_services.folder': registrations } });
  try {
    const user = openCanaryUser({ url: homeserver.baseUrl, serverName: 'test.example', token, send: sendRequest });
    const source = canariesSource(user, oneShard, systemRandom);
    const first = await look(source, 0);
    assert.equal(first.why, undefined);
    const second = await look(source, 20_000);
    assert.deepEqual([second.refusedForMs, second.unseenForMs, second.lostMessages], [0, 0, 0]);
    assert.ok(second.roundTripMs !== undefined);
    const deadline = startDeadline(20_000, 'opening the room');
    const roomId = await user.openRoom(deadline);
    assert.equal(await user.openRoom(deadline), roomId);
    assert.equal(await user.hasEvent(roomId, '$nothing:test.example', deadline), false);
    deadline.finish();
  } finally {
    await homeserver.stop();
    await rm(folder, { recursive: true });
  }
});

test('each shard gets a canary of its own, found again by the next monitor, and rooms that are not needed are left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-canary-'));
  const registrations = join(folder, 'appservices');
  const token = await writeRegistration(registrations, 'test.example', systemRandom);
  const shardCount = 3;
  const config = { 'application_services.folder': registrations, 'shards.count': shardCount };
  const homeserver = await startTestHomeserver({ config });
  const sql = openMonitorDatabase(homeserver.databaseUrl);
  try {
    const facts = { list: () => readShards(sql), ofRoom: (roomId: string) => readShardOfRoom(sql, roomId) };
    const user = openCanaryUser({ url: homeserver.baseUrl, serverName: 'test.example', token, send: sendRequest });
    const lookAll = async (source: ReturnType<typeof canariesSource>, atMs: number) => {
      const deadline = startDeadline(60_000, 'a look');
      const seen = await source.look(deadline, atMs);
      deadline.finish();
      return seen;
    };
    const source = canariesSource(user, facts, systemRandom);
    let seen = await lookAll(source, 0);
    // Which shard a room comes to is chance: so many looks are as good as certain.
    for (let round = 1; seen.length < shardCount && round < 20; round++) seen = await lookAll(source, round * 20_000);
    assert.deepEqual(new Set(seen.map(({ shard }) => shard)), new Set([0, 1, 2]));
    seen = await lookAll(source, 900_000);
    for (const { refusedForMs, unseenForMs, lostMessages, roundTripMs } of seen)
      assert.deepEqual([refusedForMs, unseenForMs, lostMessages, roundTripMs !== undefined], [0, 0, 0, true]);
    const countRooms = async () => (await sql`SELECT 1 FROM public.room`).length;
    const before = await countRooms();
    const again = await lookAll(canariesSource(user, facts, systemRandom), 0);
    assert.deepEqual([again.length, await countRooms()], [shardCount, before]);
    const deadline = startDeadline(20_000, 'asking');
    const headers = { Authorization: `Bearer ${token}` };
    const joined = await sendRequest(
      { method: 'GET', url: `${homeserver.baseUrl}/_matrix/client/v3/joined_rooms`, headers },
      deadline,
    );
    deadline.finish();
    assert.equal((JSON.parse(joined.body) as { joined_rooms: string[] }).joined_rooms.length, shardCount);
  } finally {
    await sql.end({ timeout: 1 });
    await homeserver.stop();
    await rm(folder, { recursive: true });
  }
});
