import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFakeTime } from '../cluster/find-fake-time.ts';
import type { HomeserverProcess } from '../cluster/homeserver-process.ts';
import { type Drill, finding, type Stage } from '../drill.ts';
import { sendRequest } from '../load/send-request.ts';

const stepSeconds = 540;
const alertLimitMs = 30_000;
/** The process whose clock is stepped; the first to start owns shards from the beginning. */
const steppedProcess = 0;

/**
 * D2. The wall clock of one process jumps by nine minutes, one way and the other, while the others' and the database's
 * stay right. Nothing but the times written into its events may show it, and it must say that its clock is wrong.
 */
export const stepClock: Drill = {
  name: 'd2',
  fault: `step the wall clock of a process by plus and minus ${stepSeconds} s`,
  shardCount: 3,
  longestGapMs: 5_000,
  async prepare(folder) {
    const library = await findFakeTime();
    const clockFile = join(folder, 'clock');
    await writeFile(clockFile, '+0\n');
    const faked: Readonly<Record<string, string>> = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_CACHE_DURATION: '1',
      // The monotonic clock is what a step of the wall clock leaves alone.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    return (index) => (index === steppedProcess ? faked : {});
  },
  async inject(stage) {
    const process = stage.cluster.processes[steppedProcess] as HomeserverProcess;
    const owns = (await Promise.all([0, 1, 2].map((shard) => stage.cluster.findOwner(shard)))).includes(process);
    const steps: Step[] = [];
    do {
      for (const seconds of [stepSeconds, 0, -stepSeconds, 0]) steps.push(await step(stage, process, seconds));
    } while (stage.hasTimeForMore());
    const wrong = steps.filter(({ seconds }) => seconds !== 0);
    const shown = wrong.filter((each) => each.shown).length;
    const slowest = Math.max(...steps.map(({ reportedMs }) => reportedMs));
    return [
      finding('the process whose clock is stepped owns a shard', owns ? 'yes' : 'no', 'yes', owns),
      finding('steps that its replies show', shown, String(wrong.length), shown === wrong.length),
      finding(
        'time until it reports a step',
        `${Math.round(slowest)} ms`,
        `${alertLimitMs} ms`,
        slowest <= alertLimitMs,
      ),
    ];
  },
};

interface Step {
  readonly seconds: number;
  readonly reportedMs: number;
  /** Whether the process's clock was really off by that. */
  readonly shown: boolean;
}

async function step({ folder, say, short }: Stage, process: HomeserverProcess, seconds: number): Promise<Step> {
  const reports = /this machine's clock is (not )?the database's/;
  const before = process.findLines(reports).length;
  say(`the clock of ${process.name} is off by ${seconds} s`);
  await writeFile(join(folder, 'clock'), `${seconds < 0 ? '' : '+'}${seconds}\n`);
  const steppedMs = performance.now();
  while (process.findLines(reports).length === before && performance.now() - steppedMs < alertLimitMs) await wait(50);
  const reportedMs = performance.now() - steppedMs;
  await wait(short ? 2_000 : 8_000);
  return { seconds, reportedMs, shown: Math.abs((await readOffsetMs(process)) - seconds * 1_000) < 10_000 };
}

/** How far the clock of a process is from ours, by the Date of its replies. */
async function readOffsetMs(process: HomeserverProcess): Promise<number> {
  const { date } = await sendRequest(`${process.baseUrl}/_matrix/client/versions`, 'GET', { timeoutMs: 5_000 });
  return Date.parse(date ?? '') - Date.now();
}
