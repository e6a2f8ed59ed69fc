import { setTimeout as wait } from 'node:timers/promises';
import type { Attempt } from '../checker/history.ts';
import { type Follower, startFollower } from '../load/follow-sync.ts';
import { type DrillRoom, type DrillUser, type Population, populate } from '../load/populate.ts';
import { type Load, startLoad } from '../load/send-load.ts';
import { requestJson } from '../load/send-request.ts';
import { type SoakBot, startBot } from './soak-bot.ts';
import { type SoakUploads, startUploads } from './soak-uploads.ts';
import { type SoakWorld, shardCount } from './soak-world.ts';

const sizes = { rooms: 6, sendersPerRoom: 3 };
const sharedRooms = 2;
const guestsPerRoom = 2;
const joinDeadlineMs = 60_000;
const setupTimeoutMs = 20_000;
const client = '/_matrix/client/v3';

/** All who use the servers, and what they were told. */
export interface SoakPeople {
  readonly population: Population;
  /** Those of the rooms in which people of the other server are as well, with those people. */
  readonly shared: readonly DrillRoom[];
  readonly loads: { readonly cluster: Load; readonly other: Load };
  readonly bot: SoakBot;
  readonly uploads: SoakUploads;
  readonly followers: readonly Follower[];
  /** The shard of each room. */
  readonly shardOf: ReadonlyMap<string, number>;
  attempts(): Attempt[];
  acknowledgedCount(): number;
}

export interface SoakRates {
  /** Of people of the cluster, and of those of the other server. */
  readonly cluster: number;
  readonly other: number;
}

/** Makes users and rooms, and has all of them begin. */
export async function startSoakPeople(world: SoakWorld, rates: SoakRates): Promise<SoakPeople> {
  const { cluster, other } = world;
  const baseUrls = cluster.processes.map(({ baseUrl }) => baseUrl);
  const population = await populate({
    ...{ baseUrls, ...sizes, readers: baseUrls.length + 2 },
    enough: async (roomIds) => new Set((await readShards(world, roomIds)).values()).size === shardCount,
  });
  // One reader for each process and one who wanders; the last one is the bot.
  const [bot, ...readers] = population.readers.toReversed() as [DrillUser, ...DrillUser[]];
  const shared: DrillRoom[] = [];
  for (const { roomId } of population.rooms.slice(0, sharedRooms)) {
    const guests: DrillUser[] = [];
    for (let index = 0; index < guestsPerRoom; index++) {
      const guest = await register(other.baseUrl, `guest-${shared.length}-${index}`);
      await joinFromOther(world, guest, roomId);
      guests.push(guest);
    }
    shared.push({ roomId, senders: guests });
  }
  const followers = await Promise.all(
    readers.toReversed().map((user, index) => {
      const process = cluster.processes[index];
      const inTurn = [...baseUrls.slice(index), ...baseUrls.slice(0, index)];
      const name = process ? `sync on ${process.name}` : 'sync on all processes in turn';
      return startFollower({ name, user, baseUrls: process ? inTurn : baseUrls, wanders: !process });
    }),
  );
  const loads = {
    cluster: startLoad({ baseUrls, rooms: population.rooms, eventsPerSecond: rates.cluster }),
    other: startLoad({ baseUrls: [other.baseUrl], rooms: shared, eventsPerSecond: rates.other }),
  };
  const started = startBot(bot, baseUrls);
  const shardOf = await readShards(
    world,
    population.rooms.map(({ roomId }) => roomId),
  );
  return {
    ...{ population, shared, loads, followers, bot: started, shardOf },
    uploads: startUploads(population.rooms[0]?.senders[0] as DrillUser, baseUrls),
    attempts: () => [...loads.cluster.attempts, ...loads.other.attempts, ...started.attempts],
    acknowledgedCount: () => loads.cluster.acknowledgedCount() + loads.other.acknowledgedCount(),
  };
}

async function readShards({ cluster }: SoakWorld, roomIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await cluster.sql<{ roomId: string; shard: number }[]>`
    SELECT room_id AS "roomId", shard FROM room WHERE room_id = ANY(${roomIds as string[]}::text[])`;
  return new Map(rows.map(({ roomId, shard }) => [roomId, shard]));
}

async function register(baseUrl: string, username: string): Promise<DrillUser> {
  const body = { username, password: 'drill-password-4b1d', auth: { type: 'm.login.dummy' } };
  const reply = await requestJson(`${baseUrl}${client}/register`, 'POST', { body, timeoutMs: setupTimeoutMs });
  return { userId: reply.user_id as string, token: reply.access_token as string };
}

async function joinFromOther({ other, serverNames }: SoakWorld, guest: DrillUser, roomId: string): Promise<void> {
  const via = encodeURIComponent(serverNames.cluster);
  const url = `${other.baseUrl}${client}/join/${encodeURIComponent(roomId)}?via=${via}&server_name=${via}`;
  for (const endMs = performance.now() + joinDeadlineMs; ; await wait(250)) {
    try {
      await requestJson(url, 'POST', { token: guest.token, body: {}, timeoutMs: setupTimeoutMs });
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
  }
}
