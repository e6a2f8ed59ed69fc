import { setTimeout as wait } from 'node:timers/promises';
import { measureLongestGap } from '../checker/measure-gap.ts';
import { type PatroniCluster, startPatroniCluster } from '../cluster/patroni-cluster.ts';
import { type Drill, type Finding, finding, type Stage, within } from '../drill.ts';

const gapLimitMs = 30_000;
const followLimitMs = 5_000;
const switchOverLimitMs = 3_000;
const promotionDeadlineMs = 60_000;
const rejoinDeadlineMs = 120_000;
/** Longer than Patroni's ttl of 20 s and what a promotion takes. */
const freezeMs = 35_000;
const slotKeepMebibytes = 2_048;

let database: PatroniCluster | undefined;

/**
 * D1 with the primary. PostgreSQL on three machines, kept by Patroni: the primary is changed on purpose, and then the
 * primary's machine freezes for longer than it may keep its office, and thaws while another one has it. Then it loses
 * the other machines and not its clients: it may acknowledge nothing that no other machine has. Clients that were told
 * yes must find what they sent, and the homeserver follows by itself.
 */
export const freezePrimary: Drill = {
  name: 'd1-primary',
  fault:
    "change PostgreSQL's primary as planned; freeze its machine until another takes over, and thaw it; cut it off from the " +
    'other machines, while clients reach it, until another takes over, and mend that',
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
    const parted = await cutOff(stage, database);
    return [...planned, ...failed, ...parted];
  },
};

async function switchAsPlanned(stage: Stage, postgres: PatroniCluster): Promise<Finding[]> {
  const { say, load } = stage;
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
  return [within('longest gap of a planned change', gapMs, switchOverLimitMs)];
}

async function failOver(stage: Stage, postgres: PatroniCluster): Promise<Finding[]> {
  const { say, load, monitor } = stage;
  const former = await postgres.untilPrimary(undefined, promotionDeadlineMs);
  say(`${former.name} is the primary; its machine is frozen`);
  const startMs = performance.now();
  await former.freeze();
  const next = await postgres.untilPrimary(former, promotionDeadlineMs);
  const promotedMs = performance.now();
  say(`${next.name} is the primary after ${Math.round(promotedMs - startMs)} ms`);
  await stage.untilAcknowledging();
  const followedMs = Math.round(performance.now() - promotedMs);
  say(`all rooms went on ${followedMs} ms after that`);
  const gap = measureLongestGap(load.attempts.slice(), { startMs, endMs: performance.now() });
  await wait(Math.max(0, freezeMs - (performance.now() - startMs)));
  const acknowledgedBefore = load.acknowledgedCount();
  say(`${former.name} is thawed`);
  await former.thaw();
  const rejoinedMs = Math.round(await postgres.untilWhole(rejoinDeadlineMs));
  const stillMs = measureLongestGap(load.attempts.slice(), {
    startMs: promotedMs,
    endMs: performance.now(),
  }).durationMs;
  say(`${former.name} follows the new primary after ${rejoinedMs} ms, by itself`);
  const isReplica = await former.is('replica');
  return [
    ...(monitor?.judge('the primary that is gone', /no primary has answered/, startMs) ?? []),
    within('longest gap of a failover', gap.durationMs, gapLimitMs),
    within('writing goes on after a promotion', followedMs, followLimitMs),
    finding('longest gap since, the thaw included', `${Math.round(stillMs)} ms`, '', true),
    finding('acknowledged while the former primary came back', load.acknowledgedCount() - acknowledgedBefore, '', true),
    finding('the former primary is a replica', isReplica ? 'yes' : 'no', 'yes', isReplica),
  ];
}

async function cutOff(stage: Stage, postgres: PatroniCluster): Promise<Finding[]> {
  const { say, load } = stage;
  const former = await postgres.untilPrimary(undefined, promotionDeadlineMs);
  say(`${former.name} is the primary; it is cut off from the other machines, and clients reach it still`);
  const startMs = performance.now();
  postgres.cutOff(former);
  const next = await postgres.untilPrimary(former, promotionDeadlineMs);
  const promotedMs = performance.now();
  const hasGivenUp = !(await former.is('primary'));
  say(`${next.name} is the primary after ${Math.round(promotedMs - startMs)} ms`);
  await stage.untilAcknowledging();
  const followedMs = Math.round(performance.now() - promotedMs);
  say(`all rooms went on ${followedMs} ms after that`);
  const gap = measureLongestGap(load.attempts.slice(), { startMs, endMs: performance.now() });
  await wait(Math.max(0, freezeMs - (performance.now() - startMs)));
  say('the network is mended');
  postgres.mendNetwork();
  const rejoinedMs = Math.round(await postgres.untilWhole(rejoinDeadlineMs));
  say(`${former.name} follows the new primary after ${rejoinedMs} ms, by itself`);
  const isReplica = await former.is('replica');
  return [
    finding('the one that was cut off has given up its office first', hasGivenUp ? 'yes' : 'no', 'yes', hasGivenUp),
    within('longest gap of a primary that is cut off', gap.durationMs, gapLimitMs),
    within('writing goes on after that promotion', followedMs, followLimitMs),
    finding('the one that was cut off is a replica', isReplica ? 'yes' : 'no', 'yes', isReplica),
  ];
}
