import { spawn } from 'node:child_process';
import { open, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Cluster } from './initialize-cluster.ts';
import { postgresEnvironment, runPostgresProgram } from './run-postgres-program.ts';

/** PostgreSQL's main process, whether this process started it or found it running. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process has ended, with what is known of how. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
}

const adoptedPollMs = 200;

/**
 * Starts PostgreSQL on the cluster. It gets a session of its own: Ctrl-C in the terminal reaches Holdfast alone, which
 * lets its requests finish before it stops PostgreSQL; and it goes on when Holdfast is killed, to be found again by
 * findRunningPostmaster. It writes to `logFile` itself for the same reason.
 */
export async function spawnPostmaster(cluster: Cluster, program: string, logFile: string): Promise<Postmaster> {
  // Appending: the file can be cut to zero while PostgreSQL writes to it.
  const log = await open(logFile, 'a', 0o600);
  try {
    if (cluster.user) await log.chown(cluster.user.uid, cluster.user.gid);
    const child = spawn(program, ['-D', cluster.dataFolder], {
      ...(cluster.user && { uid: cluster.user.uid, gid: cluster.user.gid }),
      cwd: '/',
      env: postgresEnvironment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let over = false;
    const ended = new Promise<string>((resolve) => {
      const end = (how: string) => {
        over = true;
        resolve(how);
      };
      child.once('error', (error) => end(`it cannot be run (${error.message})`));
      child.once('exit', (code, signal) => end(signal ? `ended by ${signal}` : `exit code ${code}`));
    });
    child.unref();
    return { pid: child.pid ?? 0, ended, hasEnded: () => over };
  } finally {
    await log.close();
  }
}

/**
 * Finds the PostgreSQL that an earlier Holdfast left running on this cluster, if any. The process id in postmaster.pid
 * may belong to another program by now (after a power cut), so the process itself is looked at.
 */
export async function findRunningPostmaster(cluster: Cluster, clock: Clock): Promise<Postmaster | undefined> {
  const pid = await findRunningPid(cluster.dataFolder);
  if (pid === undefined) return undefined;
  let over = false;
  const watch = async (): Promise<string> => {
    while (await isPostgresOf(pid, cluster.dataFolder)) {
      await new Promise<void>((resolve) => void clock.startTimer(adoptedPollMs, resolve));
    }
    over = true;
    return 'its process is gone';
  };
  return { pid, ended: watch(), hasEnded: () => over };
}

/** The id of the main process that runs on the data folder, or undefined if none does. */
export async function findRunningPid(dataFolder: string): Promise<number | undefined> {
  const pid = await readPostmasterPid(dataFolder);
  return pid !== undefined && (await isPostgresOf(pid, dataFolder)) ? pid : undefined;
}

/** The process id that PostgreSQL wrote down at its start, or undefined. */
async function readPostmasterPid(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/** `ready`, `starting`, `stopping` or `standby`, as the running PostgreSQL itself notes in postmaster.pid. */
export async function readPostmasterStatus(dataFolder: string): Promise<string | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  return text.split('\n')[7]?.trim();
}

/**
 * Makes way for a new start after PostgreSQL's end was not a clean one. Call only when no postmaster of this cluster
 * runs.
 *
 * PostgreSQL refuses to start while the process id in its lock files is alive, even if that is another program by now.
 * postmaster.pid must not simply be deleted, though: it leads to the shared memory by which PostgreSQL sees that
 * processes of its former life still write to the data. So the dead id in it is replaced by ours: PostgreSQL takes its
 * parent's id for harmless and still makes that check. The socket's lock has no such use.
 */
export async function clearStaleLocks(cluster: Cluster): Promise<void> {
  const file = join(cluster.dataFolder, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    const [, ...rest] = text.split('\n');
    if (rest.length < 6) await rm(file, { force: true });
    else await writeFile(file, [String(process.pid), ...rest].join('\n'));
  }
  for (const name of await readdir(cluster.home)) {
    if (name.startsWith('.s.PGSQL.')) await rm(join(cluster.home, name), { force: true });
  }
}

/**
 * Ends PostgreSQL processes that outlived their postmaster (it was killed, or was frozen). They end by themselves as a
 * rule, and a new one does not start before they have. A postmaster that nobody knows of any more (its postmaster.pid
 * was deleted) is ended with them. Needs /proc; elsewhere nothing happens.
 */
export async function endOrphans(cluster: Cluster): Promise<number> {
  const names = await readdir('/proc').catch(() => []);
  let found = 0;
  for (const name of names) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || !(await isPostgresOf(pid, cluster.dataFolder))) continue;
    found += 1;
    signalProcess(pid, 'SIGKILL');
  }
  return found;
}

/** A signal and how long it may take to work. */
export type EndingStep = readonly [signal: NodeJS.Signals, patienceMs: number];

/** Sends the signals in turn, and SIGKILL at last. Gives the one that worked. */
export async function endPostmaster(
  postmaster: Postmaster,
  clock: Clock,
  steps: readonly EndingStep[],
): Promise<NodeJS.Signals> {
  for (const [signal, patienceMs] of steps) {
    signalProcess(postmaster.pid, signal);
    await waitForEnd(postmaster, clock, patienceMs);
    if (postmaster.hasEnded()) return signal;
  }
  signalProcess(postmaster.pid, 'SIGKILL');
  await postmaster.ended;
  return 'SIGKILL';
}

/** Resolves when the postmaster has ended, `durationMs` are over or `signal` aborts, whichever is first. */
export async function waitForEnd(
  postmaster: Postmaster,
  clock: Clock,
  durationMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  await Promise.race([postmaster.ended, clock.sleep(durationMs, either)]);
  ended.abort();
}

/** True if the process is alive and is a PostgreSQL on this data folder (all its processes work in that folder). */
async function isPostgresOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!signalProcess(pid, 0)) return false;
  if (process.platform !== 'linux') {
    const command = await runPostgresProgram('ps', ['-o', 'command=', '-p', String(pid)], undefined).catch(() => '');
    return command.includes('postgres') && command.includes(dataFolder);
  }
  const [folder, state, expected] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => undefined),
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    realpath(dataFolder).catch(() => undefined),
  ]);
  // A zombie has ended; its parent has not asked how yet.
  const isZombie = /\) Z /.test(state);
  return folder !== undefined && folder === expected && !isZombie && /\(postgres\b/.test(state);
}

/** Sends a signal; false if there is no such process. Signal 0 only asks. */
function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  // Zero and below would mean process groups, our own among them.
  if (pid <= 0) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
