import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from '../checker/history.ts';
import { type PostgresOnVolume, startPostgresOnVolume, volumeDataFolder } from '../cluster/postgres-on-volume.ts';
import { type Drill, type Finding, finding, noneOf, type Stage, within } from '../drill.ts';

const volumeBytes = 400 * 1024 * 1024;
const backWithinMs = 15_000;
/** In which a client is told that it cannot be written, or the drill has seen nothing. */
const firstAnswerMs = 30_000;
/** How long the answer to what is committed may take. */
const answerMs = 1_000;
/** How long the volume stays full after PostgreSQL has stopped. */
const fullMs = { short: 4_000, long: 20_000 };

/** The cause; that the database is down is its symptom. */
const named = /^database\b.* can still be written/;

let database: PostgresOnVolume | undefined;

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
  watch: volumeDataFolder,
  async startDatabase(folder) {
    database = await startPostgresOnVolume(folder, volumeBytes);
    return database;
  },
  async inject(stage) {
    const findings: Finding[] = [];
    do findings.splice(0, findings.length, ...(await fillOnce(stage)));
    while (stage.hasTimeForMore());
    return findings;
  },
};

async function fillOnce({ load, say, short, untilAcknowledging, monitor }: Stage): Promise<Finding[]> {
  if (!database) throw new Error('there is no volume');
  const before = load.attempts.length;
  const filledMs = performance.now();
  say("the database's volume is filled");
  const stopped = await database.fillUntilStopped();
  const stoppedMs = performance.now();
  say(stopped ? 'PostgreSQL has stopped' : 'PostgreSQL goes on with a full volume');
  await wait(short ? fullMs.short : fullMs.long);
  await untilTold(load, before, stoppedMs + firstAnswerMs);
  await monitor?.untilPaged(named, filledMs);
  if (monitor) say('somebody has been called, or it has taken too long');
  const answers = load.attempts.slice(before).map(({ told }) => told);
  // What was committed before it stopped may reach the client a moment later.
  const acknowledgedWhileStopped = answers.filter(
    (told) => told.kind === 'acknowledged' && told.atMs > stoppedMs + answerMs,
  ).length;
  say('the volume is freed');
  await database.free();
  const backMs = await untilAcknowledging();
  say(`all rooms went on after ${Math.round(backMs)} ms`);
  const told = load.attempts.slice(before).map((attempt) => attempt.told);
  const unclean = told.filter(isUnclean);
  for (const answer of unclean.slice(0, 5)) say(`  ! ${answer.kind === 'acknowledged' ? '' : answer.reason}`);
  const count503 = told.filter((answer) => answer.kind === 'unknown').length - unclean.length;
  return [
    finding('PostgreSQL stopped on the full volume', stopped ? 'yes' : 'no', 'yes', stopped),
    noneOf('acknowledged while it was stopped', acknowledgedWhileStopped),
    finding('answers of 503 with a reason', count503, 'at least 1', count503 > 0),
    ...(monitor?.judge('the full volume', named, filledMs) ?? []),
    noneOf('answers that were neither 200 nor a clean 503', unclean.length),
    within('sends work again after the room', backMs, backWithinMs),
  ];
}

/** Neither yes nor a clean 503: a client cannot know what to make of it. */
export function isUnclean(told: Answer): boolean {
  if (told.kind === 'acknowledged') return false;
  return told.kind === 'refused' || !told.reason.startsWith('503 {"errcode":"M_');
}

/** Waits until a client was told that its event could not be written, for attempts from a number on. */
async function untilTold({ attempts }: Stage['load'], from: number, endMs: number): Promise<void> {
  while (performance.now() < endMs && !attempts.slice(from).some(({ told }) => told.kind === 'unknown'))
    await wait(100);
}
