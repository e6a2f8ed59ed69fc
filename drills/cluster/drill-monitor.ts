import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Finding, within } from '../finding.ts';
import { type FakePager, type PagerCall, startFakePager } from './fake-pager.ts';
import { spawnProgram } from './spawn-program.ts';

const holdfast = fileURLToPath(new URL('../../homeserver/holdfast.js', import.meta.url));
const namedLimitMs = 30_000;
const pagedLimitMs = 120_000;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;
const quietLimitMs = 180_000;

/** Every drill that has a monitor shows it the processes' metrics. */
export const metricsToken = 'metrics-of-the-drill';

export interface DrillMonitorOptions {
  /** For its log. */
  readonly folder: string;
  /** Whose volume it watches. */
  readonly dataFolder: string;
  /** Where the homeserver reads registrations: the canaries' user is one. */
  readonly registrations: string;
  readonly databaseUrl: string;
  readonly serverName: string;
  /** Addresses of the homeserver's processes. */
  readonly processes: readonly string[];
  /** Further settings. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The monitor as a program of its own, as `holdfast monitor` runs it, with a team, one person and a pager that records. */
export interface DrillMonitor {
  readonly pid: number;
  readonly pager: FakePager;
  isRunning(): boolean;
  /** Resolves when the monitor has told the person of what `pattern` says, or the limit is over. */
  untilPaged(pattern: RegExp, sinceMs: number): Promise<void>;
  /** Resolves with true when all that the person was called for is over, with false when it is not after the limit. */
  untilQuiet(): Promise<boolean>;
  /** When the team and the person were told of it, against what incident response needs. */
  judge(what: string, pattern: RegExp, sinceMs: number): Finding[];
  /** The same of a fault that is over before anybody has to be called for it. */
  judgeNaming(what: string, pattern: RegExp, sinceMs: number): Finding;
  kill(): Promise<void>;
}

/** Resolves when it watches. */
export async function startDrillMonitor(options: DrillMonitorOptions): Promise<DrillMonitor> {
  const { folder, dataFolder, registrations, databaseUrl, serverName, processes } = options;
  const pager = await startFakePager();
  const program = spawnProgram([holdfast, 'monitor'], {
    logFile: join(folder, 'monitor.log'),
    ownGroup: true,
    environment: {
      ...{ HOLDFAST_DATABASE_URL: databaseUrl, HOLDFAST_SERVER_NAME: serverName, HOLDFAST_DATA_DIR: dataFolder },
      ...{ HOLDFAST_METRICS_TOKEN: metricsToken, HOLDFAST_MONITOR_PORT: '0', HOLDFAST_LOG_FORMAT: 'json' },
      HOLDFAST_APPLICATION_SERVICES_FOLDER: registrations,
      // The machine's own volume is the drill's, and what that writes is no sign.
      HOLDFAST_MONITOR_VOLUMES: JSON.stringify([{ path: dataFolder, holds: 'database' }]),
      // Names of drills are in no DNS.
      HOLDFAST_MONITOR_OWN_NAME: 'false',
      HOLDFAST_MONITOR_PROCESSES: processes.join(','),
      HOLDFAST_MONITOR_OUTSIDE_SWITCH_URL: `${pager.url}/outside`,
      HOLDFAST_MONITOR_PAGING: JSON.stringify(describePaging(pager.url)),
      ...options.environment,
    },
  });
  const find = (paths: readonly string[], pattern: RegExp, sinceMs: number) =>
    pager.calls.find((call) => call.atMs >= sinceMs && paths.includes(call.path) && says(call, pattern))?.atMs ??
    Number.POSITIVE_INFINITY;
  const judgeNaming = (what: string, pattern: RegExp, sinceMs: number) => {
    const namedMs = find(['/team', '/anna'], pattern, sinceMs) - sinceMs;
    return within(`the monitor names ${what} after`, namedMs, namedLimitMs);
  };
  const kill = async () => {
    program.signal('SIGKILL');
    await Promise.race([program.ended, wait(stopTimeoutMs, undefined, { ref: false })]);
    pager.close();
  };
  if ((await pager.first('/outside', 0, startTimeoutMs)) === Number.POSITIVE_INFINITY) {
    await kill();
    throw new Error('the monitor did not begin to watch');
  }
  return {
    ...{ pid: program.pid, pager, isRunning: program.isRunning, kill },
    async untilPaged(pattern, sinceMs) {
      const endMs = sinceMs + pagedLimitMs;
      while (find(['/anna'], pattern, sinceMs) === Number.POSITIVE_INFINITY && performance.now() < endMs) {
        await wait(100);
      }
    },
    async untilQuiet() {
      const isQuiet = () => {
        const told = pager.calls.flatMap(({ path, message }) => (path === '/anna' && message ? message : []));
        const over = new Set(told.filter(({ kind }) => kind === 'all-clear').map(({ incident }) => incident));
        return told.every(({ incident }) => over.has(incident));
      };
      for (const endMs = performance.now() + quietLimitMs; performance.now() < endMs; await wait(500)) {
        if (isQuiet()) return true;
      }
      return false;
    },
    judge(what, pattern, sinceMs) {
      const pagedMs = find(['/anna'], pattern, sinceMs) - sinceMs;
      return [judgeNaming(what, pattern, sinceMs), within(`and calls somebody after`, pagedMs, pagedLimitMs)];
    },
    judgeNaming,
  };
}

/** Whether it tells of something that is wrong, and of that. */
function says({ message }: PagerCall, pattern: RegExp): boolean {
  if (!message || message.kind === 'all-clear') return false;
  return [message.headline, ...message.symptoms].some((each) => pattern.test(each));
}

function describePaging(url: string) {
  return {
    notifiers: { pager: { kind: 'webhook' } },
    people: { anna: { reach: [{ notifier: 'pager', address: `${url}/anna` }] } },
    team: [{ notifier: 'pager', address: `${url}/team` }],
  };
}
