import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { choosePostgresUser } from '../platform/embedded-postgres/choose-postgres-user.ts';
import { formatSuperuserUrl } from '../platform/embedded-postgres/cluster-connection.ts';
import { initializeCluster } from '../platform/embedded-postgres/initialize-cluster.ts';
import { chooseFreePort, launchPostmaster } from '../platform/embedded-postgres/launch-postmaster.ts';
import { preparePostgresBinaries } from '../platform/embedded-postgres/prepare-postgres-binaries.ts';

export interface TestDatabase {
  /** Of the maintenance database `postgres`, as superuser. */
  readonly url: string;
  stop(): Promise<void>;
}

/** All test files of a run at once, several pools each. */
const testConnections = 400;

/**
 * Ends PostgreSQL and deletes its folder as soon as this process closes the pipe, by stop() or by ending in any way:
 * no test run leaves a server behind, not even one that was killed. Written for sh, because it must outlive Node.js.
 */
const reaper = `
cat >/dev/null
kill -QUIT "$1" 2>/dev/null
for i in $(seq 200); do kill -0 "$1" 2>/dev/null && [ -e "$2/pg/data/postmaster.pid" ] || break; sleep 0.02; done
kill -KILL "$1" 2>/dev/null
for i in $(seq 20); do rm -rf -- "$2" 2>/dev/null && break; sleep 0.1; done
`;

/**
 * Starts a throw-away PostgreSQL (fsync off) in a temporary folder. It does not keep this process alive, and it ends
 * with it.
 */
export async function startTestDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  try {
    const { url, pid } = await launchTestDatabase(folder);
    return { url, stop: startReaper(pid, folder) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Starts a PostgreSQL (fsync off) in the folder, which has to exist; nobody ends it but who wants to. It ends by itself
 * within a minute or two when the folder is deleted.
 */
export async function launchTestDatabase(folder: string): Promise<{ readonly url: string; readonly pid: number }> {
  // mkdtemp's folder is its maker's alone; as root, PostgreSQL's user has to pass through it.
  await chmod(folder, 0o711);
  const home = join(folder, 'pg');
  const user = choosePostgresUser(home);
  const binaries = await preparePostgresBinaries(user, folder);
  const cluster = await initializeCluster({ home, binaries, user, durable: false });
  const port = await chooseFreePort(undefined);
  const postmaster = await launchPostmaster({
    cluster,
    program: binaries.postgres,
    version: binaries.version,
    port,
    durable: false,
    maxConnections: testConnections,
    clock: systemClock,
  });
  return { url: formatSuperuserUrl(cluster.credentials, port), pid: postmaster.pid };
}

function startReaper(pid: number, folder: string): () => Promise<void> {
  const child = spawn('/bin/sh', ['-c', reaper, 'holdfast-test-reaper', String(pid), folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return async () => {
    child.ref();
    child.stdin.end();
    await ended;
  };
}
