import { setTimeout as wait } from 'node:timers/promises';
import { measureLongestGap } from '../checker/measure-gap.ts';
import { type PatroniCluster, startPatroniCluster } from '../cluster/patroni-cluster.ts';
import type { PatroniMachine } from '../cluster/patroni-machine.ts';
import { type Drill, type Finding, finding, type Stage, within } from '../drill.ts';

export const gapLimitMs = 30_000;
export const followLimitMs = 5_000;
const switchOverLimitMs = 3_000;
/**
 * Of the short form, which is for every change on whatever machine: Patroni itself waits for two seconds and a bit, and three
 * machines of etcd, Patroni and PostgreSQL on two cores take most of the third for a promotion.
 */
const shortSwitchOverLimitMs = 4_500;
export const promotionDeadlineMs = 60_000;
const rejoinDeadlineMs = 120_000;
/** Longer than Patroni's ttl of 20 s and what a promotion takes. */
const awayMs = 35_000;
export const slotKeepMebibytes = 2_048;

let database: PatroniCluster | undefined;

/**
 * D1 with the primary. PostgreSQL on three machines, kept by Patroni: the primary is changed on purpose, and then the
 * primary's machine freezes for longer than it may keep its office, and thaws while another one has it. Clients that were
 * told yes must find what they sent, and the homeserver follows by itself.
 */
export const freezePrimary: Drill = {
  name: 'd1-primary',
  fault:
    "change PostgreSQL's primary as planned; then freeze the primary's machine until another takes over, and thaw it",
  shardCount: 3,
  longestGapMs: gapLimitMs,
  watch: (folder) => folder,
  async startDatabase(folder) {
    database = await startPatroniCluster(folder, slotKeepMebibytes);
    return database;
  },
  async inject(stage) {
    if (!database) throw new Error('there is no cluster of PostgreSQL');
    const planned = await switchAsPlanned(stage, database);
    const failed = await failOver(stage, database);
    return [...planned, ...failed];
  },
};

async function switchAsPlanned(stage: Stage, postgres: PatroniCluster): Promise<Finding[]> {
  const { say, load, short } = stage;
  const former = await postgres.untilPrimary(undefined, promotionDeadlineMs);
  say(`${former.name} is the primary and is asked to hand over`);
  const startMs = performance.now();
  await postgres.switchOver(former);
  const next = await postgres.untilPrimary(former, promotionDeadlineMs);
  await stage.untilAcknowledging();
  await postgres.untilWhole(rejoinDeadlineMs);
  await wait(1_000);
  const gap = measureLongestGap(load.attempts.slice(), { startMs, endMs: performance.now() });
  const gapMs = Math.round(gap.durationMs);
  say(`${next.name} is the primary; ${gapMs} ms without acknowledgement; ${former.name} follows it`);
  const limitMs = short ? shortSwitchOverLimitMs : switchOverLimitMs;
  return [within('longest gap of a planned change', gapMs, limitMs)];
}

async function failOver(stage: Stage, postgres: PatroniCluster): Promise<Finding[]> {
  const { say, load, monitor } = stage;
  const former = await postgres.untilPrimary(undefined, promotionDeadlineMs);
  say(`${former.name} is the primary; its machine is frozen`);
  const startMs = performance.now();
  await former.freeze();
  const change = await followChange(stage, postgres, former, startMs);
  const acknowledgedBefore = load.acknowledgedCount();
  say(`${former.name} is thawed`);
  await former.thaw();
  const isReplica = await untilRejoined(stage, postgres, former);
  const still = { startMs: change.promotedMs, endMs: performance.now() };
  const stillMs = Math.round(measureLongestGap(load.attempts.slice(), still).durationMs);
  return [
    ...(monitor?.judge('the primary that is gone', /no primary has answered/, startMs) ?? []),
    within('longest gap of a failover', change.gapMs, gapLimitMs),
    within('writing goes on after a promotion', change.followedMs, followLimitMs),
    finding('longest gap since, the thaw included', `${stillMs} ms`, '', true),
    finding('acknowledged while the former primary came back', load.acknowledgedCount() - acknowledgedBefore, '', true),
    finding('the former primary is a replica', isReplica ? 'yes' : 'no', 'yes', isReplica),
  ];
}

/** Until another one is the primary, all rooms have gone on, and the former one has been away for long enough. */
export async function followChange(
  { say, load, untilAcknowledging }: Stage,
  postgres: PatroniCluster,
  former: PatroniMachine,
  startMs: number,
) {
  const next = await postgres.untilPrimary(former, promotionDeadlineMs);
  const promotedMs = performance.now();
  const hasGivenUp = !(await former.is('primary'));
  say(`${next.name} is the primary after ${Math.round(promotedMs - startMs)} ms`);
  await untilAcknowledging();
  const followedMs = Math.round(performance.now() - promotedMs);
  say(`all rooms went on ${followedMs} ms after that`);
  const gap = measureLongestGap(load.attempts.slice(), { startMs, endMs: performance.now() });
  await wait(Math.max(0, awayMs - (performance.now() - startMs)));
  return { promotedMs, hasGivenUp, followedMs, gapMs: gap.durationMs };
}

/** Whether the former primary is a replica once all machines are well. */
export async function untilRejoined(
  { say }: Stage,
  postgres: PatroniCluster,
  former: PatroniMachine,
): Promise<boolean> {
  const rejoinedMs = Math.round(await postgres.untilWhole(rejoinDeadlineMs));
  say(`${former.name} follows the new primary after ${rejoinedMs} ms, by itself`);
  return await former.is('replica');
}
