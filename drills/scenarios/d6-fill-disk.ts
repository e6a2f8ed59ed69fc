import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { withConnection } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { findEmbeddedPostgres } from '@holdfast/homeserver/platform/embedded-postgres/find-embedded-postgres.ts';
import type { Answer } from '../checker/history.ts';
import { startDrillPostgres } from '../cluster/drill-postgres.ts';
import { mountSmallVolume, type SmallVolume } from '../cluster/small-volume.ts';
import { type Drill, type Finding, finding, noneOf, type Stage } from '../drill.ts';

const volumeBytes = 400 * 1024 * 1024;
const backWithinMs = 15_000;
const stopWithinMs = 60_000;
/** How long the volume stays full after PostgreSQL has stopped. */
const fullMs = { short: 4_000, long: 20_000 };

let volume: SmallVolume | undefined;

/**
 * D6. The volume of the database fills up until PostgreSQL cannot write its log and stops, as it must. Until there is
 * room again clients are told 503, and then all goes on without anybody's doing.
 */
export const fillDisk: Drill = {
  name: 'd6',
  fault: "fill the database's volume until PostgreSQL stops, then free it",
  shardCount: 3,
  // How long it is away is the drill's choice; what counts is the return.
  longestGapMs: 150_000,
  // Longer than the homeserver tries: it is to answer, and not to be given up.
  attemptTimeoutMs: 15_000,
  async startDatabase(folder) {
    const mounted = await mountSmallVolume(folder, volumeBytes);
    volume = mounted;
    const dataDir = join(mounted.folder, 'data');
    await mkdir(dataDir, { mode: 0o711 });
    await chmod(mounted.folder, 0o711);
    const postgres = await startDrillPostgres(dataDir, join(folder, 'postgres.log'));
    return {
      ...postgres,
      async stop() {
        await mounted.free();
        await postgres.stop();
        await mounted.unmount();
      },
    };
  },
  async inject(stage) {
    const findings: Finding[] = [];
    do findings.splice(0, findings.length, ...(await fillOnce(stage)));
    while (stage.hasTimeForMore());
    return findings;
  },
};

async function fillOnce({ load, say, short, untilAcknowledging }: Stage): Promise<Finding[]> {
  if (!volume) throw new Error('there is no volume');
  const before = load.attempts.length;
  say("the database's volume is filled");
  const stopped = await fillUntilStopped(volume);
  say(stopped ? 'PostgreSQL has stopped' : 'PostgreSQL goes on with a full volume');
  await wait(short ? fullMs.short : fullMs.long);
  const answers = load.attempts.slice(before).map(({ told }) => told);
  const acknowledgedWhileStopped = answers.at(-1)?.kind === 'acknowledged';
  say('the volume is freed');
  await volume.free();
  const backMs = await untilAcknowledging();
  say(`all rooms went on after ${Math.round(backMs)} ms`);
  const told = load.attempts.slice(before).map((attempt) => attempt.told);
  const unclean = told.filter(isUnclean);
  for (const answer of unclean.slice(0, 5)) say(`  ! ${answer.kind === 'acknowledged' ? '' : answer.reason}`);
  const count503 = told.filter((answer) => answer.kind === 'unknown').length - unclean.length;
  return [
    finding('PostgreSQL stopped on the full volume', stopped ? 'yes' : 'no', 'yes', stopped),
    finding(
      'acknowledged while it was stopped',
      acknowledgedWhileStopped ? 'yes' : 'no',
      'no',
      !acknowledgedWhileStopped,
    ),
    finding('answers of 503 with a reason', count503, 'at least 1', count503 > 0),
    noneOf('answers that were neither 200 nor a clean 503', unclean.length),
    finding(
      'sends work again after the room',
      `${Math.round(backMs)} ms`,
      `${backWithinMs} ms`,
      backMs <= backWithinMs,
    ),
  ];
}

function isUnclean(told: Answer): boolean {
  if (told.kind === 'acknowledged') return false;
  return told.kind === 'refused' || !told.reason.startsWith('503 {"errcode":"M_');
}

/** Takes what is free again and again, and has PostgreSQL begin new logs, until its process is gone. */
async function fillUntilStopped({ folder, fill }: SmallVolume): Promise<boolean> {
  const dataDir = join(folder, 'data');
  const untilMs = performance.now() + stopWithinMs;
  while (performance.now() < untilMs) {
    await fill();
    const found = await findEmbeddedPostgres(dataDir);
    if (found?.pid === undefined) return true;
    await withConnection(found.superuserUrl, (sql) => sql`SELECT pg_switch_wal()`).catch(() => {});
    await wait(100);
  }
  return false;
}
