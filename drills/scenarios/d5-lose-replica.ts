import { setTimeout as wait } from 'node:timers/promises';
import { withConnection } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { metricsToken } from '../cluster/drill-monitor.ts';
import { type PatroniCluster, startPatroniCluster } from '../cluster/patroni-cluster.ts';
import { type Drill, type Finding, finding, type Stage } from '../drill.ts';

/** What the primary keeps for a replica that is away; small, so that it is used up soon. */
const slotKeepMebibytes = 192;
const lossDeadlineMs = 180_000;
const returnDeadlineMs = 120_000;
/** A log of 16 MiB each time: faster than a server writes, slower than a monitor calls somebody. */
const nextLogMs = 6_000;
const lookMs = 250;

const named = /^the (replica|slot) \S+ (has not followed|holds)/;

let database: PatroniCluster | undefined;

/**
 * D5. A replica's machine is lost for so long that the primary gives up the log that it keeps for it, as it must, or its
 * own disk would fill. Meanwhile nobody may notice but the operator, who is warned at once and again before the log is
 * gone. When the machine is back it catches up from the archive.
 */
export const loseReplica: Drill = {
  name: 'd5',
  fault: 'lose a replica of PostgreSQL while writes go on, until its log is given up; then let it come back',
  shardCount: 3,
  longestGapMs: 5_000,
  watch: (folder) => folder,
  async startDatabase(folder) {
    database = await startPatroniCluster(folder, slotKeepMebibytes);
    return database;
  },
  async inject(stage) {
    if (!database) throw new Error('there is no cluster of PostgreSQL');
    return lose(stage, database);
  },
};

async function lose(stage: Stage, postgres: PatroniCluster): Promise<Finding[]> {
  const { say, monitor } = stage;
  const primary = await postgres.untilPrimary(undefined, lossDeadlineMs);
  const pid = await primary.postmasterPid();
  const replica = postgres.machines.find((machine) => machine !== primary);
  if (!replica) throw new Error('there is no replica');
  say(`${primary.name} is the primary; the machine of ${replica.name} is lost`);
  const startMs = performance.now();
  await replica.killDatabase();
  const seen = await writeUntilLost(stage, postgres, startMs);
  say(`its log is given up after ${formatSeconds(seen.lostMs)}; the machine is there again`);
  await monitor?.untilPaged(named, startMs);
  replica.startPatroni();
  const backMs = await postgres.untilWhole(returnDeadlineMs);
  say(`${replica.name} follows the primary again after ${formatSeconds(backMs)}, by itself`);
  await untilSeverity(stage, 0);
  const [samePid, stillPrimary] = [(await primary.postmasterPid()) === pid, (await postgres.findPrimary()) === primary];
  const never = samePid && stillPrimary;
  const early = seen.warnedMs < seen.pagedMs && seen.pagedMs < seen.lostMs;
  return [
    finding('the primary stopped or changed', never ? 'no' : 'yes', 'no', never),
    finding('warned after', formatSeconds(seen.warnedMs), 'before the page', seen.warnedMs < seen.pagedMs),
    finding('as bad as a page after', formatSeconds(seen.pagedMs), 'before the log is gone', early),
    ...(await judgeMonitor(stage, startMs, seen.lostMs)),
    finding('the log of the replica is gone after', formatSeconds(seen.lostMs), '', Number.isFinite(seen.lostMs)),
    finding('the replica follows again after', formatSeconds(backMs), '', true),
  ];
}

/** Somebody must be called before there is nothing left to be saved. */
async function judgeMonitor({ monitor }: Stage, startMs: number, lostMs: number): Promise<Finding[]> {
  if (!monitor) return [];
  const calledMs = (await monitor.pager.first('/anna', startMs, 0)) - startMs;
  const inTime = calledMs < lostMs;
  return [
    ...monitor.judge('the lost replica', named, startMs),
    finding('called before the log is gone', inTime ? 'yes' : 'no', 'yes', inTime),
  ];
}

interface SeenTimes {
  warnedMs: number;
  pagedMs: number;
  lostMs: number;
}

/** Has the primary write log after log, and reads what a monitor reads, until the slot is lost. */
async function writeUntilLost(stage: Stage, postgres: PatroniCluster, startMs: number): Promise<SeenTimes> {
  const seen: SeenTimes = {
    ...{ warnedMs: Number.POSITIVE_INFINITY, pagedMs: Number.POSITIVE_INFINITY },
    lostMs: Number.POSITIVE_INFINITY,
  };
  const note = (key: keyof SeenTimes, what: string) => {
    if (seen[key] !== Number.POSITIVE_INFINITY) return;
    seen[key] = performance.now() - startMs;
    stage.say(what);
  };
  let nextLogAtMs = performance.now();
  while (performance.now() - startMs < lossDeadlineMs) {
    const severity = await readMetric(stage, 'severity');
    const lost = await readLostSlots(stage);
    if (severity >= 1) note('warnedMs', 'Holdfast warns that a replica is away');
    if (severity >= 2)
      note('pagedMs', `Holdfast pages: ${Math.round((await readMetric(stage, 'slot_safe_share')) * 100)} % are left`);
    if (lost > 0) {
      note('lostMs', 'the slot is lost');
      return seen;
    }
    // Not before the warning: a monitor sees the first state, too.
    if (severity >= 1 && performance.now() > nextLogAtMs) {
      nextLogAtMs = performance.now() + nextLogMs;
      const url = await primaryUrl(postgres);
      await withConnection(url, async (sql) => {
        await sql`SELECT pg_switch_wal()`;
        await sql`CHECKPOINT`;
      }).catch(() => {});
    }
    await wait(lookMs);
  }
  return seen;
}

async function readLostSlots({ cluster }: Stage): Promise<number> {
  const rows = await cluster.sql`SELECT 1 FROM pg_replication_slots WHERE wal_status = 'lost'`;
  return rows.length;
}

/** The superuser's URL with the primary alone. */
async function primaryUrl({ machines, findPrimary, superuserUrl }: PatroniCluster): Promise<string> {
  const primary = await findPrimary();
  const index = primary ? machines.indexOf(primary) : 0;
  const [, before = '', hosts = ''] = /^(.*@)([^/]*)\//.exec(superuserUrl) ?? [];
  return `${before}${hosts.split(',')[index]}/postgres`;
}

async function untilSeverity(stage: Stage, severity: number): Promise<void> {
  const untilMs = performance.now() + returnDeadlineMs;
  while ((await readMetric(stage, 'severity')) !== severity) {
    if (performance.now() > untilMs) throw new Error(`the metrics did not come to severity ${severity}`);
    await wait(lookMs);
  }
}

/** What a monitor reads from one of the processes; -1 while it is not known. */
async function readMetric({ cluster }: Stage, name: string): Promise<number> {
  const reply = await fetch(`${cluster.processes[0]?.baseUrl}/metrics`, {
    headers: { authorization: `Bearer ${metricsToken}` },
    signal: AbortSignal.timeout(5_000),
  });
  const match = new RegExp(`^holdfast_replication_${name} (\\S+)$`, 'm').exec(await reply.text());
  return match ? Number(match[1]) : -1;
}

const formatSeconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(1)} s`;
