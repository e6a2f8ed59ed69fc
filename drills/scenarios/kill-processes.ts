import { setTimeout as wait } from 'node:timers/promises';
import { measureLongestGap } from '../checker/measure-gap.ts';
import type { HomeserverProcess } from '../cluster/homeserver-process.ts';
import { type Drill, type Finding, finding, type Stage, within } from '../drill.ts';

const backWithinMs = 5_000;
/** What a supervisor of processes takes to start one again. */
const restartAfterMs = 2_000;
const handOverLimitMs = 200;
/** Whoever supervises PostgreSQL waits longer before each further start of one that keeps ending. */
const maxDatabaseKills = 2;
const shards = [0, 1, 2];

/**
 * D7. Each process is killed in turn with what it has in hand, then PostgreSQL; each time all goes on by itself. At the
 * end each process is stopped as an operator does, which nobody may notice.
 */
export const killProcesses: Drill = {
  name: 'd7',
  fault: 'kill -9 of each process in turn, and of PostgreSQL',
  shardCount: shards.length,
  longestGapMs: backWithinMs,
  watch: (folder) => folder,
  async inject(stage) {
    const recoveries: number[] = [];
    const watched = await killUntilNamed(stage, recoveries);
    let databaseKills = 0;
    do {
      for (const process of stage.cluster.processes) recoveries.push(await killOnce(stage, process));
      if (++databaseKills <= maxDatabaseKills) recoveries.push(await killPostgres(stage));
    } while (stage.hasTimeForMore());
    const slowest = Math.max(...recoveries);
    return [
      finding('kills', recoveries.length, '', true),
      within('slowest return of every shard', slowest, backWithinMs),
      ...watched,
      ...(await handOver(stage)),
    ];
  },
};

/** The first one stays away until somebody is called, where there is a monitor: what comes back at once is no incident. */
async function killUntilNamed(stage: Stage, recoveries: number[]): Promise<Finding[]> {
  const { monitor, cluster, say } = stage;
  const process = cluster.processes[0];
  if (!monitor || !process) return [];
  const pattern = new RegExp(`${new URL(process.baseUrl).host} has not answered`);
  say(`${process.name} is killed, and nobody starts it again`);
  const killedMs = performance.now();
  await process.kill();
  recoveries.push(await stage.untilAcknowledging());
  await monitor.untilPaged(pattern, killedMs);
  await process.start();
  say(`${process.name} is started again`);
  await untilSpread(stage);
  return monitor.judge('the killed process', pattern, killedMs);
}

async function killOnce(stage: Stage, process: HomeserverProcess): Promise<number> {
  stage.say(`${process.name} is killed`);
  await process.kill();
  const recoveredMs = await stage.untilAcknowledging();
  await wait(restartAfterMs);
  await process.start();
  stage.say(`all rooms went on after ${Math.round(recoveredMs)} ms; ${process.name} is started again`);
  await untilSpread(stage);
  return recoveredMs;
}

async function killPostgres(stage: Stage): Promise<number> {
  stage.say('PostgreSQL is killed');
  await stage.cluster.postgres.killPostmaster();
  const recoveredMs = await stage.untilAcknowledging();
  stage.say(`all rooms went on after ${Math.round(recoveredMs)} ms`);
  await wait(restartAfterMs);
  return recoveredMs;
}

/** Stops each process with SIGTERM. The time is not judged in the short form, which runs on busy machines. */
async function handOver(stage: Stage): Promise<Finding[]> {
  let longestMs = 0;
  let ended = 0;
  const { processes } = stage.cluster;
  for (const process of stage.short ? processes.slice(0, 1) : processes) {
    await untilSpread(stage);
    const owned = new Set<number>();
    for (const shard of shards) if ((await stage.cluster.findOwner(shard)) === process) owned.add(shard);
    stage.say(`${process.name} is asked to end`);
    const startMs = performance.now();
    process.wasKilled = true;
    if (await process.stop()) ended++;
    await wait(restartAfterMs);
    const attempts = stage.load.attempts.filter(({ roomId }) => owned.has(stage.shardOfRoom.get(roomId) ?? -1));
    const gap = measureLongestGap(attempts, { startMs, endMs: performance.now() });
    const beganMs = Math.round(gap.fromMs - startMs);
    stage.say(`its shards were without acknowledgement for ${Math.round(gap.durationMs)} ms, ${beganMs} ms after that`);
    longestMs = Math.max(longestMs, gap.durationMs);
    await process.start();
  }
  const count = stage.short ? 1 : processes.length;
  const limit = stage.short ? 'not judged in short' : `${handOverLimitMs} ms`;
  const inTime = stage.short || longestMs <= handOverLimitMs;
  return [
    finding('processes that end when asked', ended, String(count), ended === count),
    finding('longest gap of a planned hand-over', `${Math.round(longestMs)} ms`, limit, inTime),
  ];
}

/** Until every process owns a shard again, so that each kill takes one away. */
async function untilSpread({ cluster }: Stage): Promise<void> {
  const untilMs = performance.now() + 20_000;
  while (performance.now() < untilMs) {
    const owners = await Promise.all(shards.map((shard) => cluster.findOwner(shard)));
    if (new Set(owners).size === cluster.processes.length && !owners.includes(undefined)) return;
    await wait(200);
  }
  throw new Error('the shards were not spread over all processes again');
}
