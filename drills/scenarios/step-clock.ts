import { setTimeout as wait } from 'node:timers/promises';
import { type FakeClock, prepareFakeClock } from '../cluster/fake-clock.ts';
import type { HomeserverProcess } from '../cluster/homeserver-process.ts';
import { type Drill, type Finding, finding, type Stage, within } from '../drill.ts';
import { readNewestTimes } from '../load/read-room.ts';
import { sendRequest } from '../load/send-request.ts';

const stepSeconds = 540;
const alertLimitMs = 30_000;
/** A clock that is off by less is not wrong. */
const eventLimitMs = 5_000;
/** The newest events of a room may be older than the step. */
const slackMs = 30_000;
/** The process whose clock is stepped; the first to start owns shards from the beginning. */
const steppedProcess = 0;

let clock: FakeClock | undefined;

/**
 * D2. The wall clock of one process jumps by nine minutes, one way and the other, while the others' and the database's
 * stay right. It must say so, and the others write its shards until it is right again. No event shows it: also those that
 * its own clients send in the moment of the jump have the right time.
 */
export const stepClock: Drill = {
  name: 'd2',
  fault: `step the wall clock of a process by plus and minus ${stepSeconds} s`,
  shardCount: 3,
  longestGapMs: 5_000,
  watch: (folder) => folder,
  async prepare(folder) {
    clock = await prepareFakeClock(folder);
    const { environment } = clock;
    return (index) => (index === steppedProcess ? environment : {});
  },
  async inject(stage) {
    const process = stage.cluster.processes[steppedProcess] as HomeserverProcess;
    const owns = (await Promise.all([0, 1, 2].map((shard) => stage.cluster.findOwner(shard)))).includes(process);
    const steps: Step[] = [];
    do {
      for (const seconds of [stepSeconds, 0, -stepSeconds, 0]) steps.push(await step(stage, process, seconds));
    } while (stage.hasTimeForMore());
    const wrong = steps.filter(({ seconds }) => seconds !== 0);
    const stillOwned = wrong.reduce((sum, each) => sum + each.shardsOwned, 0);
    const offMs = Math.max(...steps.map((each) => each.eventOffsetMs));
    const shown = wrong.filter((each) => each.shown).length;
    const slowest = Math.max(...steps.map(({ reportedMs }) => reportedMs));
    return [
      finding('the process whose clock is stepped owns a shard', owns ? 'yes' : 'no', 'yes', owns),
      finding('steps that its replies show', shown, String(wrong.length), shown === wrong.length),
      within('time until it reports a step', slowest, alertLimitMs),
      finding('shards that it owns while its clock is wrong', stillOwned, '0', stillOwned === 0),
      ...(await stepUntilPaged(stage, process)),
      finding('events are dated wrong by', `${Math.round(offMs)} ms`, `${eventLimitMs} ms`, offMs <= eventLimitMs),
    ];
  },
};

/** Wrong for a moment is the others' work; wrong for longer is somebody's business. */
async function stepUntilPaged({ say, monitor }: Stage, process: HomeserverProcess): Promise<Finding[]> {
  if (!monitor) return [];
  // The steps before were called for, too, and what is not over yet is not called for again.
  if (!(await monitor.untilQuiet())) say('something that somebody was called for is not over');
  say(`the clock of ${process.name} is off by ${stepSeconds} s until somebody is called`);
  await clock?.step(stepSeconds);
  const steppedMs = performance.now();
  const pattern = new RegExp(`the clock of ${new URL(process.baseUrl).host} is`);
  await monitor.untilPaged(pattern, steppedMs);
  await clock?.step(0);
  return monitor.judge('the wrong clock', pattern, steppedMs);
}

interface Step {
  readonly seconds: number;
  readonly reportedMs: number;
  /** Whether the process's clock was really off by that. */
  readonly shown: boolean;
  /** By the stepped process, some time after the step. */
  readonly shardsOwned: number;
  /** The most by which an event's time was off since the step. */
  readonly eventOffsetMs: number;
}

async function step(stage: Stage, process: HomeserverProcess, seconds: number): Promise<Step> {
  const { say, short, cluster } = stage;
  const reports = /this machine's clock is (not )?the database's/;
  const before = process.findLines(reports).length;
  say(`the clock of ${process.name} is off by ${seconds} s`);
  await clock?.step(seconds);
  const steppedMs = performance.now();
  while (process.findLines(reports).length === before && performance.now() - steppedMs < alertLimitMs) await wait(50);
  const reportedMs = performance.now() - steppedMs;
  await wait(short ? 2_000 : 8_000);
  const owners = await Promise.all([0, 1, 2].map((shard) => cluster.findOwner(shard)));
  return {
    ...{ seconds, reportedMs, shardsOwned: owners.filter((owner) => owner === process).length },
    shown: Math.abs((await readOffsetMs(process)) - seconds * 1_000) < 10_000,
    eventOffsetMs: await readEventOffsetMs(stage, steppedMs),
  };
}

/** How far the times of the newest events are from the time since `sinceMs` (of performance.now()), at most. */
async function readEventOffsetMs({ cluster, load, reader }: Stage, sinceMs: number): Promise<number> {
  const baseUrl = cluster.processes.find((process) => process.isRunning)?.baseUrl ?? '';
  const times: number[] = [];
  for (const roomId of new Set(load.attempts.map((attempt) => attempt.roomId))) {
    times.push(...(await readNewestTimes(baseUrl, roomId, reader)));
  }
  const [earliestMs, latestMs] = [Date.now() - (performance.now() - sinceMs), Date.now()];
  const offsets = times.map((timeMs) => Math.max(earliestMs - slackMs - timeMs, timeMs - latestMs, 0));
  return Math.max(0, ...offsets);
}

/** How far the clock of a process is from ours, by the Date of its replies. */
async function readOffsetMs(process: HomeserverProcess): Promise<number> {
  const { date } = await sendRequest(`${process.baseUrl}/_matrix/client/versions`, 'GET', { timeoutMs: 5_000 });
  return Date.parse(date ?? '') - Date.now();
}
