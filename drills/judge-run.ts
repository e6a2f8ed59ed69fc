import { setTimeout as wait } from 'node:timers/promises';
import type { Verdict } from './checker/check-history.ts';
import type { Observation } from './checker/history.ts';
import { readWriteAudit } from './cluster/audit-writes.ts';
import type { HomeserverProcess } from './cluster/homeserver-process.ts';
import type { Cluster } from './cluster/start-cluster.ts';
import { type Drill, type Finding, finding, noneOf, ofTime, within } from './drill.ts';
import type { Follower } from './load/follow-sync.ts';
import type { Load } from './load/send-load.ts';
import { sendRequest } from './load/send-request.ts';

export interface Run {
  readonly drill: Drill;
  readonly cluster: Cluster;
  readonly load: Load;
  readonly followers: readonly Follower[];
  readonly followed: readonly Observation[];
  readonly verdict: Verdict;
  /** Of the processes before the faults. */
  readonly pids: ReadonlyMap<HomeserverProcess, number>;
  /** Acknowledged events that were asked for. */
  readonly events: number;
}

const answerDeadlineMs = 10_000;
const shownViolations = 10;

/** What every drill is measured by, whatever its fault. */
export async function judgeRun(run: Run): Promise<Finding[]> {
  const { verdict, followers, load, cluster, drill } = run;
  for (const { kind, detail } of verdict.violations.slice(0, shownViolations)) console.log(`  ! ${kind}: ${detail}`);
  const audit = await readWriteAudit(cluster.sql);
  const count = (kind: string) => verdict.violations.filter((violation) => violation.kind === kind).length;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  const gapMs = Math.round(verdict.longestGap.durationMs);
  return [
    finding('acknowledged events', verdict.acknowledged, `at least ${run.events}`, verdict.acknowledged >= run.events),
    finding('repeated requests; unknown at the end', `${verdict.repeated}; ${verdict.unknown}`, '', true),
    noneOf('refused events', verdict.refused),
    noneOf('acknowledged events lost', count('acknowledged event lost')),
    noneOf('events doubled', count('event seen twice') + count('two events for one transaction')),
    noneOf('differences in order between readers', count('readers see different orders')),
    noneOf('other violations', sum(otherKinds.map(count))),
    within('longest gap of a shard', gapMs, drill.longestGapMs),
    noneOf('writes under an old epoch', audit.underOldEpoch + audit.epochsGoingBack),
    noneOf('positions missing or double', audit.positionsMissingOrDouble),
    finding("changes of a shard's epoch", audit.epochChanges, '', true),
    noneOf('tokens that went back', sum(followers.map(({ tokensGoneBack }) => tokensGoneBack.length))),
    noneOf('readers by /sync that did not come to the end', run.followed.filter(({ complete }) => !complete).length),
    noneOf(
      'replies of 500',
      load.serverErrors().length + sum(followers.map(({ serverErrors }) => serverErrors.length)),
    ),
    noneOf('processes that ended by themselves', countEnded(run)),
    noneOf('processes that do not answer at the end', await countSilent(cluster)),
    judgeDelivery(run),
  ];
}

const otherKinds = [
  'readers see different events',
  'event that nobody sent',
  'refused event present',
  'acknowledged under another event id',
  'room that no reader read in full',
];

/** From the first request of a message until a reader by /sync has it. */
function judgeDelivery({ drill, load, followers }: Run): Finding {
  const delays = followers.flatMap(({ firstSeenMs }) =>
    [...firstSeenMs].flatMap(([body, seenMs]) => {
      const askedMs = load.firstAskedMs.get(body);
      return askedMs === undefined ? [] : seenMs - askedMs;
    }),
  );
  delays.sort((a, b) => a - b);
  const at = (share: number) => Math.round(delays[Math.floor((delays.length - 1) * share)] ?? Number.POSITIVE_INFINITY);
  const limit = drill.deliveryP99Ms;
  const value = `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
  const passed = limit === undefined || at(0.99) <= limit;
  return ofTime(finding('delivery to readers', value, limit === undefined ? '' : `p99 ${limit} ms`, passed));
}

/** Killed ones have another process id by now; the others must still be the same. */
function countEnded({ cluster, pids }: Run): number {
  return cluster.processes.filter((process) => {
    const crashed = process.findLines(/"level":"fatal"/).length > 0;
    return crashed || !process.isRunning || (pids.get(process) !== process.pid && !process.wasKilled);
  }).length;
}

async function countSilent({ processes }: Cluster): Promise<number> {
  const untilMs = performance.now() + answerDeadlineMs;
  const answers = async ({ baseUrl }: HomeserverProcess): Promise<boolean> => {
    while (performance.now() < untilMs) {
      const url = `${baseUrl}/_matrix/client/versions`;
      const reply = await sendRequest(url, 'GET', { timeoutMs: 2_000 }).catch(() => undefined);
      if (reply?.status === 200) return true;
      await wait(100);
    }
    return false;
  };
  return (await Promise.all(processes.map(answers))).filter((answered) => !answered).length;
}
