import type { ReachabilityObservation } from '../observations/reachability.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

/** What one step of a check found. */
export interface ReachFinding {
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly what: string;
}

export interface ReachabilityParts {
  readonly serverName: string;
  /** Goes the way of another server once; bounded in time. Throws where no check came to its end. */
  check(): Promise<readonly ReachFinding[]>;
}

/** A check asks the DNS, a web server and the federation port of somebody's firewall: not often. */
const checkEveryMs = 5 * 60_000;
/** What has changed is looked at again soon, so often: one check is no proof. */
const checkAgainMs = 60_000;
const checksOfChange = 2;
/** A check has a shorter deadline of its own. */
const hangingMs = 2 * 60_000;

/**
 * The way of other servers to this one. A check may take half a minute, which no other source waits for: it goes on beside
 * the looks, and each look gives what the last check found.
 */
export function reachabilitySource({ serverName, check }: ReachabilityParts): Source<'reachability'> {
  let startedMs: number | undefined;
  let ended: readonly ReachFinding[] | Error | undefined;
  let dueMs = Number.NEGATIVE_INFINITY;
  let lastEndMs: number | undefined;
  let failingSinceMs: number | undefined;
  let failure: string | undefined;
  let state: Omit<ReachabilityObservation, 'failingForMs' | 'unseenForMs'> = {
    ...{ serverName, failedChecks: 0, goodChecks: 0, doubtfulChecks: 0, wasReached: false },
  };
  const note = (result: readonly ReachFinding[] | Error, atMs: number) => {
    dueMs = atMs + checkAgainMs;
    failure = result instanceof Error ? describeFailure(result) : undefined;
    if (result instanceof Error) return;
    lastEndMs = atMs;
    state = countChecks(state, result);
    failingSinceMs = state.failedChecks > 0 ? (failingSinceMs ?? atMs) : undefined;
    const { goodChecks, failedChecks, doubtfulChecks } = state;
    const isOld = Math.max(goodChecks, failedChecks) >= checksOfChange && doubtfulChecks !== 1;
    if (isOld) dueMs = atMs + checkEveryMs;
  };
  return {
    ...{ name: 'reachability', everyMs: 5_000, timeoutMs: 5_000 },
    async look(_deadline, atMs): Promise<ReachabilityObservation> {
      lastEndMs ??= atMs;
      if (ended) note(ended, atMs);
      ended = undefined;
      if (startedMs !== undefined && atMs - startedMs >= hangingMs) failure = 'a check hangs';
      if (startedMs === undefined && atMs >= dueMs) {
        startedMs = atMs;
        void check()
          .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
          .then((result) => {
            ended = result;
            startedMs = undefined;
            dueMs = Number.POSITIVE_INFINITY;
          });
      }
      const unseenForMs = failure === undefined ? 0 : atMs - lastEndMs;
      const failingForMs = failingSinceMs === undefined ? 0 : atMs - failingSinceMs;
      return { ...state, failingForMs, unseenForMs, ...(failure !== undefined && { why: failure }) };
    },
  };
}

type Counted = Omit<ReachabilityObservation, 'failingForMs' | 'unseenForMs'>;

function countChecks({ serverName, ...before }: Counted, findings: readonly ReachFinding[]): Counted {
  const problems = findings.filter(({ verdict }) => verdict === 'problem');
  const doubts = findings.filter(({ verdict }) => verdict === 'warning');
  const told = problems.length > 0 ? problems : doubts;
  const why = told.map(({ what }) => what).join('; ');
  const isGood = problems.length === 0;
  return {
    serverName,
    failedChecks: isGood ? 0 : before.failedChecks + 1,
    goodChecks: isGood ? before.goodChecks + 1 : 0,
    doubtfulChecks: isGood && doubts.length > 0 ? before.doubtfulChecks + 1 : 0,
    wasReached: before.wasReached || isGood,
    ...(why !== '' && { why }),
  };
}
