import type { Log } from '@holdfast/effects/log.ts';
import { probeCluster } from './cluster-connection.ts';
import { type LaunchOptions, launchPostmaster, postgresLogFile } from './launch-postmaster.ts';
import { endOrphans, endPostmaster, type Postmaster, waitForEnd } from './postmaster.ts';
import { rotatePostgresLog } from './rotate-postgres-log.ts';

export interface SupervisedPostgres {
  /** What `holdfast status` and the metrics show. */
  readStatus(): PostgresStatus;
  /** Ends PostgreSQL cleanly; resolves when it has ended. */
  stop(): Promise<void>;
}

export interface PostgresStatus {
  readonly state: 'running' | 'unresponsive' | 'restarting' | 'stopped';
  readonly pid: number;
  /** How often it had to be started again since Holdfast's own start. */
  readonly restarts: number;
  /** Why it is not running or not answering. */
  readonly problem: string | undefined;
}

const healthIntervalMs = 2_000;
const healthDeadlineMs = 10_000;
/** A disk that stalls for this long is worse than a restart with crash recovery. */
const unresponsiveLimitMs = 60_000;
const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** After this long in good health the pause before a restart begins small again. */
const soundAfterMs = 60_000;
const logLimitBytes = 10 * 1024 * 1024;
/** Fast shutdown writes all changed pages first. */
const fastShutdownMs = 30_000;
const immediateShutdownMs = 10_000;

/** Keeps PostgreSQL running: starts it again when it ends, and ends it when it does not answer for a minute. */
export function supervisePostmaster(first: Postmaster, options: LaunchOptions, log: Log): SupervisedPostgres {
  const { clock } = options;
  const stopping = new AbortController();
  const status = { state: 'running' as PostgresStatus['state'], pid: first.pid, restarts: 0, problem: '' };
  let postmaster = first;

  const supervise = async () => {
    let pauseMs = firstPauseMs;
    while (!stopping.signal.aborted) {
      const startedMs = clock.monotonicMs();
      const how = await watchUntilEnd(postmaster, options, log, stopping.signal, status);
      if (how === undefined) return;
      if (clock.monotonicMs() - startedMs > soundAfterMs) pauseMs = firstPauseMs;
      log.error({ postgresPid: postmaster.pid, how }, 'PostgreSQL ended unexpectedly; starting it again');
      Object.assign(status, { state: 'restarting', problem: how });
      const restarted = await restart(options, log, stopping.signal, status, pauseMs);
      if (!restarted) return;
      postmaster = restarted;
      pauseMs = Math.min(longestPauseMs, pauseMs * 4);
      Object.assign(status, { state: 'running', pid: postmaster.pid, restarts: status.restarts + 1, problem: '' });
      log.info({ postgresPid: postmaster.pid }, 'PostgreSQL runs again');
    }
  };
  const supervision = supervise();
  let stopped: Promise<void> | undefined;
  return {
    readStatus: () => ({ ...status, problem: status.problem || undefined }),
    stop() {
      stopped ??= (async () => {
        stopping.abort();
        await supervision;
        if (!postmaster.hasEnded()) await stopPostmaster(postmaster, options, log);
        Object.assign(status, { state: 'stopped' });
      })();
      return stopped;
    },
  };
}

/** Resolves with how PostgreSQL ended, or with undefined once the supervision itself is to end. */
async function watchUntilEnd(
  postmaster: Postmaster,
  options: LaunchOptions,
  log: Log,
  stopping: AbortSignal,
  status: { state: PostgresStatus['state']; problem: string },
): Promise<string | undefined> {
  const { cluster, clock } = options;
  let lastAnswerMs = clock.monotonicMs();
  while (!stopping.aborted) {
    await waitForEnd(postmaster, clock, healthIntervalMs, stopping);
    if (stopping.aborted) return undefined;
    if (postmaster.hasEnded()) return postmaster.ended;
    if (await rotatePostgresLog(postgresLogFile(cluster), logLimitBytes).catch(() => false)) {
      log.info({}, "rotated PostgreSQL's log");
    }
    const problem = await probeCluster(cluster, options.port, clock, healthDeadlineMs);
    if (postmaster.hasEnded()) return postmaster.ended;
    if (problem === undefined) {
      lastAnswerMs = clock.monotonicMs();
      Object.assign(status, { state: 'running', problem: '' });
      continue;
    }
    if (status.state === 'running') log.warn({ problem }, 'PostgreSQL does not answer');
    Object.assign(status, { state: 'unresponsive', problem });
    if (clock.monotonicMs() - lastAnswerMs > unresponsiveLimitMs) {
      log.error({ postgresPid: postmaster.pid, problem }, 'PostgreSQL has not answered for a minute; ending it');
      await endPostmaster(postmaster, clock, [['SIGQUIT', immediateShutdownMs]]);
    }
  }
  return undefined;
}

/** Tries to start until it succeeds or the supervision is to end (then undefined). */
async function restart(
  options: LaunchOptions,
  log: Log,
  stopping: AbortSignal,
  status: { problem: string },
  firstMs: number,
): Promise<Postmaster | undefined> {
  for (let pauseMs = firstMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    await options.clock.sleep(pauseMs, stopping);
    if (stopping.aborted) return undefined;
    try {
      return await launchPostmaster({ ...options, signal: stopping });
    } catch (error) {
      if (stopping.aborted) return undefined;
      status.problem = (error as Error).message;
      log.error({ err: error, nextTryMs: pauseMs }, 'PostgreSQL did not start; trying again');
    }
  }
}

/** Ends PostgreSQL: cleanly if it can be done in time, else in the way that needs recovery at the next start. */
export async function stopPostmaster(postmaster: Postmaster, options: LaunchOptions, log: Log): Promise<void> {
  const signal = await endPostmaster(postmaster, options.clock, [
    ['SIGINT', fastShutdownMs],
    ['SIGQUIT', immediateShutdownMs],
  ]);
  if (signal !== 'SIGINT') {
    log.warn({ signal }, 'PostgreSQL did not shut down cleanly; it will recover from its log at the next start');
    await endOrphans(options.cluster);
  }
}
