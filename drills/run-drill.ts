import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { checkHistory } from './checker/check-history.ts';
import type { Observation } from './checker/history.ts';
import { type DrillMonitor, metricsToken, startDrillMonitor } from './cluster/drill-monitor.ts';
import { type Cluster, drillServerName, startCluster } from './cluster/start-cluster.ts';
import type { Drill, Finding } from './drill.ts';
import { judgeRun } from './judge-run.ts';
import { type Follower, startFollower } from './load/follow-sync.ts';
import { type DrillUser, type Population, populate } from './load/populate.ts';
import { observeRoom } from './load/read-room.ts';
import { type Load, startLoad } from './load/send-load.ts';

export interface DrillOptions {
  readonly folder: string;
  /** Acknowledged events to reach. */
  readonly events: number;
  readonly short: boolean;
  /** The monitor stays away, where the seconds until it says something would say nothing. */
  readonly unwatched?: boolean;
}

const fullRate = 1_000;
const shortRate = 300;
const sizes = { rooms: 6, sendersPerRoom: 3 };
const followersLagMs = 30_000;
/** A drill that does not come to its number of events in this time has failed. */
const loadDeadlineMs = 600_000;
/** The part of the events during which faults are made again and again. */
const faultyShare = 0.8;
/** Load before the first fault and after the last one. */
const calmMs = 2_000;

/** Runs one drill from an empty folder to its findings. */
export async function runDrill(drill: Drill, options: DrillOptions): Promise<Finding[]> {
  const { folder } = options;
  const environmentOf = await drill.prepare?.(folder);
  const cluster = await startCluster({
    folder,
    shardCount: drill.shardCount,
    environment: { ...(drill.watch && (await describeWatched(folder))), ...drill.environment },
    ...(environmentOf && { environmentOf }),
    ...(drill.startDatabase && { startDatabase: drill.startDatabase }),
  });
  try {
    return await runOnCluster(drill, cluster, options);
  } finally {
    await cluster.stop();
  }
}

async function runOnCluster(drill: Drill, cluster: Cluster, options: DrillOptions): Promise<Finding[]> {
  const baseUrls = cluster.processes.map(({ baseUrl }) => baseUrl);
  const population = await populate({
    ...{ baseUrls, ...sizes, readers: cluster.processes.length + 1 },
    enough: async (roomIds) => new Set((await readShards(cluster, roomIds)).values()).size === drill.shardCount,
  });
  const watched = options.unwatched ? undefined : drill.watch?.(options.folder);
  const monitor = watched === undefined ? undefined : await startMonitor(watched, cluster, options.folder);
  try {
    return await runUnderLoad(drill, { cluster, population, monitor }, options);
  } finally {
    await monitor?.kill();
  }
}

interface Ground {
  readonly cluster: Cluster;
  readonly population: Population;
  readonly monitor: DrillMonitor | undefined;
}

async function runUnderLoad(
  drill: Drill,
  { cluster, population, monitor }: Ground,
  options: DrillOptions,
): Promise<Finding[]> {
  const baseUrls = cluster.processes.map(({ baseUrl }) => baseUrl);
  const pids = new Map(cluster.processes.map((process) => [process, process.pid]));
  const shardOfRoom = await readShards(
    cluster,
    population.rooms.map(({ roomId }) => roomId),
  );
  const followers = await startFollowers(cluster, population);
  const eventsPerSecond = drill.eventsPerSecond ?? (options.short ? shortRate : fullRate);
  const { attemptTimeoutMs } = drill;
  const load = startLoad({ baseUrls, rooms: population.rooms, eventsPerSecond, attemptTimeoutMs });
  const startedMs = performance.now();
  const say = (text: string) =>
    console.log(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  await wait(calmMs);
  const injected = await drill.inject({
    ...{ cluster, load, say, short: options.short, folder: options.folder },
    ...{ shardOfRoom, reader: population.readers[0] as DrillUser, ...(monitor && { monitor }) },
    hasTimeForMore: () => !options.short && load.acknowledgedCount() < options.events * faultyShare,
    untilAcknowledging: () => untilAcknowledging(load),
  });
  await untilCount(load, options.events);
  await wait(calmMs);
  const loadEndMs = await load.stop();
  say(`${load.acknowledgedCount()} events acknowledged; reading all rooms on every process`);
  const followed = await finishFollowers(cluster, followers);
  const observedByOthers = (await drill.observe?.({ load })) ?? [];
  const observations = [...followed, ...(await observeRooms(cluster, population)), ...observedByOthers];
  const limits = { load: { startMs: load.startMs, endMs: loadEndMs }, longestGapMs: drill.longestGapMs };
  const verdict = checkHistory(
    { attempts: load.attempts, observations },
    { ...limits, groupOf: (roomId) => shardOfRoom.get(roomId) ?? -1 },
  );
  return [
    ...injected,
    ...(await judgeRun({ drill, cluster, load, followers, followed, verdict, pids, events: options.events })),
  ];
}

/** Where the monitor registers its user, and what shows it the processes' metrics. */
async function describeWatched(folder: string): Promise<Readonly<Record<string, string>>> {
  const registrations = join(folder, 'registrations');
  await mkdir(registrations, { recursive: true });
  return { HOLDFAST_APPLICATION_SERVICES_FOLDER: registrations, HOLDFAST_METRICS_TOKEN: metricsToken };
}

function startMonitor(dataFolder: string, cluster: Cluster, folder: string): Promise<DrillMonitor> {
  return startDrillMonitor({
    ...{ folder, dataFolder, registrations: join(folder, 'registrations'), serverName: drillServerName },
    databaseUrl: cluster.postgres.url,
    processes: cluster.processes.map(({ baseUrl }) => baseUrl),
  });
}

/** One reader on each process, and one who goes from one to the next with the same token. */
function startFollowers({ processes }: Cluster, { readers }: Population): Promise<Follower[]> {
  const baseUrls = processes.map(({ baseUrl }) => baseUrl);
  return Promise.all(
    readers.map((user, index) => {
      const process = processes[index];
      const inTurn = [...baseUrls.slice(index), ...baseUrls.slice(0, index)];
      const name = process ? `sync on ${process.name}` : 'sync on all processes in turn';
      return startFollower({ name, user, baseUrls: process ? inTurn : baseUrls, wanders: !process });
    }),
  );
}

async function finishFollowers({ sql }: Cluster, followers: readonly Follower[]): Promise<Observation[]> {
  const rows = await sql<{ position: number }[]>`SELECT position FROM shard ORDER BY id`;
  const positions = rows.map(({ position }) => position);
  return (await Promise.all(followers.map((follower) => follower.finish(positions, followersLagMs)))).flat();
}

async function observeRooms({ processes }: Cluster, { rooms, readers }: Population): Promise<Observation[]> {
  const user = readers[0];
  if (!user) throw new Error('there is no reader');
  const observations: Observation[] = [];
  for (const { name, baseUrl } of processes) {
    for (const { roomId } of rooms) observations.push(await observeRoom(`messages on ${name}`, baseUrl, roomId, user));
  }
  return observations;
}

async function readShards({ sql }: Cluster, roomIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ roomId: string; shard: number }[]>`
    SELECT room_id AS "roomId", shard FROM room WHERE room_id = ANY(${roomIds as string[]}::text[])`;
  return new Map(rows.map(({ roomId, shard }) => [roomId, shard]));
}

/** Resolves when every room has had an acknowledgement since the call. */
async function untilAcknowledging(load: Load): Promise<number> {
  const fromMs = performance.now();
  const begin = load.attempts.length;
  const rooms = new Set(load.attempts.map(({ roomId }) => roomId));
  const isBack = () => {
    const back = new Set<string>();
    for (const { roomId, told } of load.attempts.slice(begin)) {
      // One that was on its way at the call proves nothing.
      if (told.kind === 'acknowledged' && told.atMs > fromMs + 50) back.add(roomId);
    }
    return back.size === rooms.size;
  };
  while (!isBack()) {
    if (performance.now() - fromMs > 60_000) return Number.POSITIVE_INFINITY;
    await wait(20);
  }
  return performance.now() - fromMs;
}

async function untilCount(load: Load, events: number): Promise<void> {
  const endMs = performance.now() + loadDeadlineMs;
  while (load.acknowledgedCount() < events && performance.now() < endMs) await wait(100);
}
