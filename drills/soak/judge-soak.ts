import { setTimeout as wait } from 'node:timers/promises';
import { checkHistory, type Verdict } from '../checker/check-history.ts';
import { type Observation, settleTransactions } from '../checker/history.ts';
import { readWriteAudit } from '../cluster/audit-writes.ts';
import { type Finding, finding, noneOf, within } from '../drill.ts';
import { checkSenderOrder } from '../federation/check-sender-order.ts';
import type { DrillRoom, DrillUser } from '../load/populate.ts';
import { observeRoom } from '../load/read-room.ts';
import type { SoakPeople } from './soak-people.ts';
import type { SoakWorld } from './soak-world.ts';

const gapLimitMs = 5_000;
/** For what waits between servers and for the application service. */
const arriveDeadlineMs = 120_000;
const followersLagMs = 60_000;
const shownViolations = 10;

/** Ends the load, waits until everything has arrived everywhere, and judges what all were told and have seen. */
export async function judgeSoak(world: SoakWorld, people: SoakPeople): Promise<Finding[]> {
  const { loads, bot, uploads, followers } = people;
  const [endMs] = await Promise.all([loads.cluster.stop(), loads.other.stop(), bot.stop()]);
  const arrivedMs = await untilArrived(world, people);
  const rows = await world.cluster.sql<{ position: number }[]>`SELECT position FROM shard ORDER BY id`;
  const positions = rows.map(({ position }) => position);
  const followed = (await Promise.all(followers.map((each) => each.finish(positions, followersLagMs)))).flat();
  const reader = people.population.readers[0] as DrillUser;
  const observations = [...followed];
  for (const { name, baseUrl } of world.cluster.processes) {
    for (const { roomId } of people.population.rooms) {
      observations.push(await observeRoom(`messages on ${name}`, baseUrl, roomId, reader));
    }
  }
  const isLocal = isIn(people.population.rooms.filter(({ roomId }) => !isIn(people.shared)(roomId)));
  observations.push(...world.service.observe().filter(({ roomId }) => isLocal(roomId)));
  const attempts = people.attempts();
  const load = { startMs: loads.cluster.startMs, endMs };
  const own = checkHistory(
    { attempts, observations },
    { load, longestGapMs: Number.POSITIVE_INFINITY, groupOf: (roomId) => people.shardOf.get(roomId) ?? -1 },
  );
  const elsewhere = await observeElsewhere(world, people.shared);
  const isShared = isIn(people.shared);
  const other = checkHistory(
    { attempts: attempts.filter(({ roomId }) => isShared(roomId)), observations: elsewhere },
    { load, longestGapMs: Number.POSITIVE_INFINITY },
  );
  const audit = await readWriteAudit(world.cluster.sql);
  const files = await uploads.finish();
  for (const problem of files.lost.slice(0, shownViolations)) console.log(`  ! lost file: ${problem}`);
  const serverErrors = [
    ...[...loads.cluster.serverErrors(), ...loads.other.serverErrors(), ...bot.serverErrors, ...files.serverErrors],
    ...followers.flatMap((each) => each.serverErrors),
  ];
  for (const error of serverErrors.slice(0, shownViolations)) console.log(`  ! ${error}`);
  const gapMs = Math.round(own.longestGap.durationMs);
  return [
    ...describeVerdict('this server', own),
    within('longest gap of a shard', gapMs, gapLimitMs),
    ...describeVerdict('the other server', other),
    noneOf("out of their sender's order on the other server", elsewhere.flatMap(checkSenderOrder).length),
    within('after the end everything had arrived everywhere after', arrivedMs, arriveDeadlineMs),
    noneOf('transactions of the application service at fault', world.service.repetitionsAtFault.length),
    finding('answers of the bot', countAcknowledged(bot.attempts), '', true),
    finding('files stored; attempts that failed', `${files.acknowledged}; ${files.failedAttempts}`, '', true),
    noneOf('files that are not there on a process, or with other bytes', files.lost.length),
    noneOf('writes under an old epoch', audit.underOldEpoch + audit.epochsGoingBack),
    noneOf('positions missing or double', audit.positionsMissingOrDouble),
    noneOf('tokens that went back', followers.flatMap(({ tokensGoneBack }) => tokensGoneBack).length),
    noneOf('readers by /sync that did not come to the end', followed.filter(({ complete }) => !complete).length),
    noneOf('replies of 500', serverErrors.length),
    noneOf('processes that ended by themselves', countEnded(world)),
  ];
}

function describeVerdict(where: string, verdict: Verdict): Finding[] {
  for (const { kind, detail } of verdict.violations.slice(0, shownViolations)) console.log(`  ! ${kind}: ${detail}`);
  const { acknowledged, repeated, unknown, refused, violations } = verdict;
  return [
    finding(`acknowledged events, as seen on ${where}`, acknowledged, 'at least 1', acknowledged > 0),
    finding('  repeated requests; unknown at the end', `${repeated}; ${unknown}`, '', true),
    noneOf('  refused events', refused),
    noneOf('  lost, doubled, out of order, or otherwise at fault', violations.length),
  ];
}

const isIn = (rooms: readonly { readonly roomId: string }[]) => {
  const ids = new Set(rooms.map(({ roomId }) => roomId));
  return (roomId: string) => ids.has(roomId);
};

function countAcknowledged(attempts: SoakPeople['bot']['attempts']): number {
  return attempts.filter(({ told }) => told.kind === 'acknowledged').length;
}

/** Until both servers have what was acknowledged on the other, and the application service has what it is to have. */
async function untilArrived(world: SoakWorld, people: SoakPeople): Promise<number> {
  const fromMs = performance.now();
  const acknowledged = [...settleTransactions(people.attempts()).values()].filter(
    ({ fate }) => fate === 'acknowledged',
  );
  const isShared = isIn(people.shared);
  const [reader] = people.population.readers;
  const { baseUrl } = world.cluster.processes[0] ?? { baseUrl: '' };
  for (;;) {
    const seen = await observeElsewhere(world, people.shared);
    for (const { roomId } of people.shared) {
      seen.push(await observeRoom('messages here', baseUrl, roomId, reader as DrillUser));
    }
    const isThere = seen.every(({ roomId, events }) => {
      const bodies = new Set(events.map(({ body }) => body));
      return acknowledged.every((fate) => fate.roomId !== roomId || bodies.has(fate.body));
    });
    const service = world.service.firstSeenMs;
    const isAtService = acknowledged.every(({ roomId, body }) => isShared(roomId) || service.has(body));
    const tookMs = performance.now() - fromMs;
    if ((isThere && isAtService) || tookMs > arriveDeadlineMs) return tookMs;
    await wait(500);
  }
}

async function observeElsewhere({ other }: SoakWorld, shared: readonly DrillRoom[]): Promise<Observation[]> {
  const observations: Observation[] = [];
  for (const { roomId, senders } of shared) {
    observations.push(
      await observeRoom('messages on the other server', other.baseUrl, roomId, senders[0] as DrillUser),
    );
  }
  return observations;
}

function countEnded({ cluster, other }: SoakWorld): number {
  return [...cluster.processes, other].filter(
    (process) => !process.isRunning || process.findLines(/"level":"fatal"/).length > 0,
  ).length;
}
