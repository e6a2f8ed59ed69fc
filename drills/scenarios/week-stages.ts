import { setTimeout as wait } from 'node:timers/promises';
import { withConnection } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { type Gap, measureLongestGap } from '../checker/measure-gap.ts';
import type { DrillMonitor } from '../cluster/drill-monitor.ts';
import type { HomeserverProcess } from '../cluster/homeserver-process.ts';
import { type Finding, finding, noneOf, type Stage, showSeconds, within } from '../drill.ts';
import type { Load } from '../load/send-load.ts';
import { requestJson, sendRequest } from '../load/send-request.ts';
import { isUnclean } from './d6-fill-disk.ts';
import type { WeekGround } from './week-ground.ts';

const gapLimitMs = 5_000;
const slowSeconds = -540;
const drainedWithinMs = 60_000;
/** The rest of a transaction's deadline, and the longest pause before another attempt. */
const healedWithinMs = 100_000;
const backWithinMs = 15_000;
const cutMs = { short: 45_000, long: 120_000 };
const slotKeep = '320MB';
const slotName = 'replica_2';
const nextLogMs = 8_000;
const slotDeadlineMs = 240_000;
const settleMs = 4_000;

/** 4 May, 21:05 to 22:30: the machine is frozen, and its clock is nine minutes slow after the thaw. */
async function freezeAndSlowClock(stage: Stage, { clock }: WeekGround): Promise<Finding[]> {
  const { say, cluster } = stage;
  const monitor = monitorOf(stage);
  const process = cluster.processes[0] as HomeserverProcess;
  const host = new URL(process.baseUrl).host;
  say(`4 May, 21:05. The host of ${process.name} is upgraded without notice: it is frozen`);
  const frozenMs = performance.now();
  process.freeze();
  const [silent, slow] = [new RegExp(`${host} has not answered`), new RegExp(`the clock of ${host} is .* slow`)];
  await monitor.untilPaged(silent, frozenMs);
  sayPages(stage, frozenMs);
  await clock.step(slowSeconds);
  say('21:14. It is thawed, and its clock is nine minutes slow');
  process.thaw();
  const thawedMs = performance.now();
  await monitor.untilPaged(slow, thawedMs);
  sayPages(stage, thawedMs);
  const gap = longestGap(stage, frozenMs);
  const gapMs = Math.round(gap.durationMs);
  const after = showSeconds(gap.fromMs - frozenMs);
  say(
    `22:30. Its clock is stepped by hand. Nothing was acknowledged in one of the shards for ${gapMs} ms at most, from ${after} on`,
  );
  await clock.step(0);
  await wait(settleMs);
  return [
    ...monitor.judge('the frozen process', silent, frozenMs),
    ...monitor.judge('its slow clock', slow, thawedMs),
    within('longest gap of a shard meanwhile', gapMs, gapLimitMs),
  ];
}

/** 5 May, 01:25 to 02:23: nothing passes between the homeserver and the bridge. */
async function cutBridge(stage: Stage, ground: WeekGround): Promise<Finding[]> {
  const { say, short, load } = stage;
  const monitor = monitorOf(stage);
  say('5 May, 01:25. The network between the homeserver and the bridge is gone');
  const startMs = performance.now();
  ground.bridgeLink.cut();
  await monitor.untilPaged(bridgePattern(ground), startMs);
  sayPages(stage, startMs);
  await wait(Math.max(0, (short ? cutMs.short : cutMs.long) - (performance.now() - startMs)));
  say('02:23. It is there again');
  ground.bridgeLink.mend();
  const drainedMs = await untilBridgeHasAll(ground, load, drainedWithinMs);
  say(`The bridge has all that was said meanwhile after ${showSeconds(drainedMs)}`);
  return [
    ...monitor.judge('the unreachable bridge', bridgePattern(ground), startMs),
    within('drained after the repair', drainedMs, drainedWithinMs),
  ];
}

/** 5 May, 08:30: the bridge speaks, and takes nothing: it never answers. */
async function hangBridge(stage: Stage, ground: WeekGround): Promise<Finding[]> {
  const { say, load } = stage;
  const monitor = monitorOf(stage);
  const speak = await openBridgeRoom(stage, ground);
  await wait(settleMs);
  say('08:30. The bridge never answers what Matrix sends to it; what it sends itself goes through');
  const startMs = performance.now();
  ground.bridge.behaviour = 'never answers';
  let spoken = 0;
  const speaking = setInterval(() => void speak().then((isSent) => (spoken += isSent ? 1 : 0)), 1_000);
  await monitor.untilPaged(bridgePattern(ground), startMs);
  clearInterval(speaking);
  sayPages(stage, startMs);
  const abandoned = ground.bridge.abandoned.length;
  say(`It is healed, and nothing was restarted; ${spoken} messages came from it meanwhile`);
  ground.bridge.behaviour = 'well';
  const healedMs = await untilBridgeHasAll(ground, load, healedWithinMs);
  say(`The bridge has all that was said meanwhile after ${showSeconds(healedMs)}`);
  return [
    ...monitor.judge('the direction that is silent', bridgePattern(ground), startMs),
    finding('messages in the other direction meanwhile', spoken, 'at least 1', spoken > 0),
    finding('transactions given up by their deadline', abandoned, 'at least 1', abandoned > 0),
    within('everything at the healed bridge after', healedMs, healedWithinMs),
  ];
}

/**
 * 5 to 12 May: a replica has been lost since the network broke, and logs pile up for it. Here the replica is its slot,
 * with nobody behind; d5 has a real one.
 */
async function loseReplica(stage: Stage, { database }: WeekGround): Promise<Finding[]> {
  const { say } = stage;
  const monitor = monitorOf(stage);
  const url = database?.superuserUrl ?? '';
  await withConnection(url, async (sql) => {
    await sql.unsafe(`ALTER SYSTEM SET max_slot_wal_keep_size = '${slotKeep}'`);
    await sql`SELECT pg_reload_conf()`;
    await sql`SELECT pg_create_physical_replication_slot(${slotName}, true)`;
  });
  say('5 to 12 May. The replica of the database does not come back, and logs are kept for it');
  const startMs = performance.now();
  let lostMs = Number.POSITIVE_INFINITY;
  let wrote = 0;
  while (performance.now() - startMs < slotDeadlineMs) {
    const [row] = await stage.cluster.sql<{ status: string }[]>`
      SELECT wal_status AS status FROM pg_replication_slots WHERE slot_name = ${slotName}`;
    // The monitor may drop what is lost.
    if (!row || row.status === 'lost') {
      lostMs = performance.now() - startMs;
      break;
    }
    if (performance.now() - startMs > wrote * nextLogMs) {
      wrote++;
      await withConnection(url, async (sql) => {
        await sql`SELECT pg_switch_wal()`;
        await sql`CHECKPOINT`;
      });
    }
    await wait(250);
  }
  const pattern = new RegExp(`the slot ${slotName} holds`);
  const calledMs = calledAfter(monitor, pattern, startMs);
  sayPages(stage, startMs);
  say(`The logs are given up at their bound after ${showSeconds(lostMs)}: they cannot fill the disk`);
  await withConnection(
    url,
    (sql) => sql`
    SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${slotName}`,
  );
  return [
    finding(
      'somebody is called for the piling logs after',
      showSeconds(calledMs),
      showSeconds(lostMs),
      calledMs < lostMs,
    ),
    within('the logs are given up at their bound after', lostMs, slotDeadlineMs),
  ];
}

/** 12 May, 02:50 to 06:00: the disk is full and PostgreSQL stops; then there is room, and nobody restarts anything. */
async function fillDisk(stage: Stage, { database }: WeekGround): Promise<Finding[]> {
  const { say, load, cluster, untilAcknowledging } = stage;
  const monitor = monitorOf(stage);
  if (!database) throw new Error('there is no database');
  const before = load.attempts.length;
  const startMs = performance.now();
  say("12 May, 02:50. The database's disk is full");
  const stopped = await database.fillUntilStopped();
  say(stopped ? 'PostgreSQL has stopped, as it must' : 'PostgreSQL goes on with a full disk');
  const pattern = /^database\b.* can still be written/;
  await monitor.untilPaged(pattern, startMs);
  sayPages(stage, startMs);
  say('04:45. There is room again');
  const freedMs = performance.now();
  await database.free();
  const backMs = await untilAcknowledging();
  const ready = await untilReady(cluster.processes, freedMs + backWithinMs);
  say(`Messages are accepted in all rooms after ${showSeconds(backMs)}; ${ready} processes say that they are ready`);
  const told = load.attempts.slice(before).map((attempt) => attempt.told);
  const unclean = told.filter(isUnclean);
  for (const answer of unclean.slice(0, 5)) say(`  ! ${answer.kind === 'acknowledged' ? '' : answer.reason}`);
  const all = cluster.processes.length;
  return [
    finding('PostgreSQL stopped on the full disk', stopped ? 'yes' : 'no', 'yes', stopped),
    ...monitor.judge('the full disk', pattern, startMs),
    noneOf('answers that were neither 200 nor a clean 503', unclean.length),
    within('sends work again after the room', backMs, backWithinMs),
    finding('processes that are ready then, without a restart', ready, String(all), ready === all),
  ];
}

/** Until all that somebody was called for is over: days lie between the stages. */
export async function untilQuiet(stage: Stage): Promise<void> {
  const isQuiet = await monitorOf(stage).untilQuiet();
  stage.say(isQuiet ? '  All is well again' : '  Something that somebody was called for is not over');
}

/** How long it took until the bridge has all that has been acknowledged; infinity when it takes longer. */
export async function untilBridgeHasAll({ bridge }: WeekGround, load: Load, timeoutMs: number): Promise<number> {
  const fromMs = performance.now();
  const left = new Set(load.attempts.flatMap(({ body, told }) => (told.kind === 'acknowledged' ? body : [])));
  while (performance.now() - fromMs < timeoutMs) {
    for (const body of left) if (bridge.firstSeenMs.has(body)) left.delete(body);
    if (left.size === 0) return performance.now() - fromMs;
    await wait(200);
  }
  return Number.POSITIVE_INFINITY;
}

/** A room of the bridge's bot; what this gives sends a message into it. */
async function openBridgeRoom({ cluster }: Stage, { bridge }: WeekGround): Promise<() => Promise<boolean>> {
  const url = `${cluster.processes[1]?.baseUrl}/_matrix/client/v3`;
  const { asToken: token } = bridge;
  const login = { type: 'm.login.application_service', username: `${bridge.id}bot`, inhibit_login: true };
  await sendRequest(`${url}/register`, 'POST', { token, body: login, timeoutMs: 10_000 });
  const made = await requestJson(`${url}/createRoom`, 'POST', { token, body: {}, timeoutMs: 10_000 });
  let count = 0;
  return async () => {
    const path = `/rooms/${encodeURIComponent(made.room_id)}/send/m.room.message/b${++count}`;
    const body = { msgtype: 'm.notice', body: `from the bridge ${count}` };
    const reply = await sendRequest(`${url}${path}`, 'PUT', { token, body, timeoutMs: 5_000 }).catch(() => undefined);
    return reply?.status === 200;
  };
}

async function untilReady(processes: readonly HomeserverProcess[], untilMs: number): Promise<number> {
  const isReady = async ({ baseUrl }: HomeserverProcess): Promise<boolean> => {
    for (;;) {
      const reply = await sendRequest(`${baseUrl}/health/ready`, 'GET', { timeoutMs: 4_000 }).catch(() => undefined);
      if (reply?.status === 200) return true;
      if (performance.now() > untilMs) return false;
      await wait(200);
    }
  };
  return (await Promise.all(processes.map(isReady))).filter((each) => each).length;
}

function longestGap({ load, shardOfRoom }: Stage, startMs: number): Gap {
  const endMs = performance.now();
  const groups = Map.groupBy(load.attempts, ({ roomId }) => shardOfRoom.get(roomId));
  const gaps = [...groups.values()].map((attempts) => measureLongestGap(attempts, { startMs, endMs }));
  return gaps.toSorted((one, other) => other.durationMs - one.durationMs)[0] ?? { fromMs: startMs, durationMs: 0 };
}

const bridgePattern = ({ bridge }: WeekGround) => new RegExp(`^application service ${bridge.id} from Matrix`);

function calledAfter(monitor: DrillMonitor, pattern: RegExp, sinceMs: number): number {
  const call = monitor.pager.calls.find(
    ({ path, atMs, message }) => path === '/anna' && atMs >= sinceMs && pattern.test(message?.headline ?? ''),
  );
  return (call?.atMs ?? Number.POSITIVE_INFINITY) - sinceMs;
}

/** What the team and the person on call were told, as the timeline has it. */
function sayPages({ say, monitor }: Stage, sinceMs: number): void {
  for (const { path, atMs, message } of monitor?.pager.calls ?? []) {
    if (atMs < sinceMs || !message || path === '/outside') continue;
    const whom = path === '/anna' ? 'Anna is called' : 'the team is told';
    const what = message.kind === 'all-clear' ? `it is over: ${message.headline}` : message.headline;
    say(`  after ${showSeconds(atMs - sinceMs)} ${whom}: ${what}`);
  }
}

function monitorOf({ monitor }: Stage): DrillMonitor {
  if (!monitor) throw new Error('nobody watches');
  return monitor;
}

/** In the order of the week. */
export const weekStages = [freezeAndSlowClock, cutBridge, hangBridge, loseReplica, fillDisk];
