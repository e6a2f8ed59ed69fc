import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { collectLog } from '../../testing/collect-log.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { choosePostgresUser } from './choose-postgres-user.ts';
import { withConnection } from './cluster-connection.ts';
import { placeCluster } from './place-cluster.ts';
import { startEmbeddedPostgres } from './start-embedded-postgres.ts';

/** Says in a line of JSON that PostgreSQL runs, or why not, and goes on until it is killed. */
const program = `
  import { silentLog } from '@holdfast/effects/log.ts';
  import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, 'start-embedded-postgres.ts'))};
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: process.argv[1], log: silentLog });
    console.log(JSON.stringify({ url: postgres.url, adopted: postgres.adopted, pid: postgres.readStatus().pid }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }`;

interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  readonly adopted: boolean;
  readonly pid: number;
  readonly error?: string;
}

let madeOnce: Promise<string> | undefined;

/** A data folder with an empty database in it: making one takes longer than all else that these tests do. */
async function copyMadeDataDir(): Promise<string> {
  madeOnce ??= (async () => {
    const made = await makeTestFolder();
    const postgres = await startEmbeddedPostgres({ dataDir: made, log: silentLog });
    await postgres.stop();
    return made;
  })();
  const dataDir = join(await makeTestFolder(), 'data');
  const copy = spawn('cp', ['-a', await madeOnce, dataDir]);
  assert.deepEqual(await once(copy, 'exit'), [0, null]);
  return dataDir;
}

/** Starts it in a process of its own, which the test may kill. */
async function startInProcess(dataDir: string): Promise<Started> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => assert.fail(`it ended with exit code ${code}`));
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
  ended.catch(() => {});
  return { process: child, ...(JSON.parse(line) as Omit<Started, 'process'>) };
}

async function killNow(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function readNumbers(url: string): Promise<number[]> {
  return withConnection(url, async (sql) =>
    (await sql`SELECT n FROM kept ORDER BY n`).map((row) => row['n'] as number),
  );
}

async function insertNumber(url: string, n: number): Promise<void> {
  await withConnection(url, async (sql) => {
    await sql`CREATE TABLE IF NOT EXISTS kept (n int)`;
    await sql`INSERT INTO kept VALUES (${n})`;
  });
}

test('what was committed is there after stop and start, under the same url', async (t) => {
  const dataDir = join(await makeTestFolder(), 'not', 'there', 'yet');
  const first = await startEmbeddedPostgres({ dataDir, log: silentLog });
  await insertNumber(first.url, 1);
  await first.stop();
  assert.equal(first.readStatus().state, 'stopped');
  await assert.rejects(readNumbers(first.url), { code: 'ECONNREFUSED' });

  const second = await startEmbeddedPostgres({ dataDir, log: silentLog });
  t.after(() => second.stop());
  assert.equal(second.url, first.url);
  assert.equal(second.adopted, false);
  assert.deepEqual(await readNumbers(second.url), [1]);
});

test('the database is durable, checks its pages, is UTF-8, and its owner is no superuser', async (t) => {
  const postgres = await startEmbeddedPostgres({ dataDir: await copyMadeDataDir(), log: silentLog });
  t.after(() => postgres.stop());
  const [row] = await withConnection(
    postgres.url,
    (sql) => sql`SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
      current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding,
      (SELECT datlocprovider FROM pg_database WHERE datname = current_database()) AS provider,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super`,
  );
  assert.deepEqual(
    { ...row },
    { fsync: 'on', commit: 'on', checksums: 'on', encoding: 'UTF8', provider: 'b', super: false },
  );
});

test('PostgreSQL that is killed comes back by itself even while one of its processes is too busy to end', async (t) => {
  const { log, waitFor } = collectLog();
  const postgres = await startEmbeddedPostgres({ dataDir: await copyMadeDataDir(), log });
  t.after(() => postgres.stop());
  await insertNumber(postgres.url, 7);
  const { pid } = postgres.readStatus();
  await withConnection(postgres.url, async (busy) => {
    const [own] = await busy`SELECT pg_backend_pid() AS pid`;
    const endless = busy`DO $$ BEGIN LOOP END LOOP; END $$`.catch((error: Error) => error);
    await withConnection(postgres.url, async (sql) => {
      const isBusy = async () =>
        (await sql`SELECT 1 FROM pg_stat_activity WHERE pid = ${own?.['pid']} AND state = 'active'`).length > 0;
      while (!(await isBusy()));
    });
    process.kill(pid, 'SIGKILL');
    assert.ok((await endless) instanceof Error);
  });
  await waitFor('PostgreSQL runs again');
  assert.deepEqual(await readNumbers(postgres.url), [7]);
  const status = postgres.readStatus();
  assert.equal(status.restarts, 1);
  assert.equal(status.state, 'running');
  assert.notEqual(status.pid, pid);
});

test('PostgreSQL that does not answer for a minute is ended and started again', async (t) => {
  const { log, waitFor } = collectLog();
  // A minute of this clock is three seconds.
  const clock = createFastClock(20);
  const postgres = await startEmbeddedPostgres({ dataDir: await copyMadeDataDir(), log, clock });
  t.after(() => postgres.stop());
  await insertNumber(postgres.url, 8);
  const { pid } = postgres.readStatus();
  process.kill(pid, 'SIGSTOP');
  await waitFor('does not answer');
  assert.equal(postgres.readStatus().state, 'unresponsive');
  await waitFor('PostgreSQL runs again');
  assert.deepEqual(await readNumbers(postgres.url), [8]);
  assert.notEqual(postgres.readStatus().pid, pid);
});

/** A clock that goes many times as fast as the real one. */
function createFastClock(factor: number): Clock {
  return {
    wallMs: () => systemClock.wallMs(),
    monotonicMs: () => systemClock.monotonicMs() * factor,
    sleep: (durationMs, signal) => systemClock.sleep(durationMs / factor, signal),
    startTimer: (durationMs, run) => systemClock.startTimer(durationMs / factor, run),
  };
}

test('a second Holdfast on the same data folder is refused, and the first one is named', async (t) => {
  const dataDir = await copyMadeDataDir();
  const first = await startEmbeddedPostgres({ dataDir, log: silentLog });
  t.after(() => first.stop());
  const expected = new RegExp(`Another Holdfast is running on .* \\(process ${process.pid}\\)`);
  const second = await startInProcess(dataDir);
  assert.match(second.error ?? '', expected);
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), expected);
  await insertNumber(first.url, 1);
});

test('when Holdfast is killed PostgreSQL goes on, and the next Holdfast takes it over as it runs', async (t) => {
  const dataDir = await copyMadeDataDir();
  const killed = await startInProcess(dataDir);
  await withConnection(killed.url, async (sql) => {
    const [before] = await sql`SELECT pg_backend_pid() AS pid`;
    await killNow(killed.process);
    const next = await startEmbeddedPostgres({ dataDir, log: silentLog });
    t.after(() => next.stop());
    assert.equal(next.adopted, true);
    assert.equal(next.readStatus().pid, killed.pid);
    assert.equal(next.url, killed.url);
    const [after] = await sql`SELECT pg_backend_pid() AS pid`;
    assert.equal(after?.['pid'], before?.['pid']);
  });
});

test('a PostgreSQL that was taken over is started again when it dies', async (t) => {
  const dataDir = await copyMadeDataDir();
  const killed = await startInProcess(dataDir);
  await insertNumber(killed.url, 3);
  await killNow(killed.process);
  const { log, waitFor } = collectLog();
  const next = await startEmbeddedPostgres({ dataDir, log });
  t.after(() => next.stop());
  process.kill(killed.pid, 'SIGKILL');
  await waitFor('PostgreSQL runs again');
  assert.deepEqual(await readNumbers(next.url), [3]);
});

test('a PostgreSQL left running with other settings is restarted with the ones that are wanted now', async (t) => {
  const dataDir = await copyMadeDataDir();
  const killed = await startInProcess(dataDir);
  await insertNumber(killed.url, 4);
  await killNow(killed.process);
  const next = await startEmbeddedPostgres({ dataDir, log: silentLog, maxConnections: 33 });
  t.after(() => next.stop());
  assert.equal(next.adopted, false);
  assert.deepEqual(await readNumbers(next.url), [4]);
  const [row] = await withConnection(next.url, (sql) => sql`SHOW max_connections`);
  assert.equal(row?.['max_connections'], '33');
});

test('after a power cut it starts although its process id now belongs to another program', async (t) => {
  const dataDir = await copyMadeDataDir();
  const cut = await startInProcess(dataDir);
  await insertNumber(cut.url, 5);
  await killNow(cut.process);
  await killPostgres(cut);
  const user = choosePostgresUser(join(dataDir, 'postgresql'));
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore', ...(user && { uid: user.uid, gid: user.gid }) });
  t.after(() => void stranger.kill());
  const pidFile = join(dataDir, 'postgresql', 'data', 'postmaster.pid');
  await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(stranger.pid)));
  const socketLock = (await readdir(join(dataDir, 'postgresql'))).find((name) => name.endsWith('.lock')) ?? '';
  await writeFile(join(dataDir, 'postgresql', socketLock), `${stranger.pid}\n`);

  const next = await startEmbeddedPostgres({ dataDir, log: silentLog });
  t.after(() => next.stop());
  assert.equal(next.adopted, false);
  assert.deepEqual(await readNumbers(next.url), [5]);
  assert.equal(stranger.exitCode, null, 'the other program was left alone');
});

test('after a power cut it starts although its lock file is empty', async (t) => {
  const dataDir = await copyMadeDataDir();
  const cut = await startInProcess(dataDir);
  await insertNumber(cut.url, 6);
  await killNow(cut.process);
  await killPostgres(cut);
  await writeFile(join(dataDir, 'postgresql', 'data', 'postmaster.pid'), '');
  const next = await startEmbeddedPostgres({ dataDir, log: silentLog });
  t.after(() => next.stop());
  assert.deepEqual(await readNumbers(next.url), [6]);
});

/** Ends every process of that PostgreSQL without letting it clean up. */
async function killPostgres(started: Started): Promise<void> {
  await withConnection(started.url, async (sql) => {
    const closed = sql`SELECT pg_sleep(600)`.catch(() => {});
    process.kill(started.pid, 'SIGKILL');
    await closed;
  });
}

test('a database that was cut short while it was made is made again', async (t) => {
  const dataDir = await makeTestFolder();
  const { home, user } = await placeCluster(dataDir);
  await mkdir(join(home, 'data.unfinished', 'base'), { recursive: true });
  await writeFile(join(home, 'data.unfinished', 'PG_VERSION'), '18\n');
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog });
  t.after(() => postgres.stop());
  assert.equal((await lstat(join(home, 'data'))).uid, user?.uid ?? process.getuid?.());
  await insertNumber(postgres.url, 1);
});

test('a database of another major version is refused and stays as it is', async () => {
  const dataDir = await copyMadeDataDir();
  const file = join(dataDir, 'postgresql', 'data', 'PG_VERSION');
  await writeFile(file, '12\n');
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), /was made by PostgreSQL 12/);
  await writeFile(file, '18\n');
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog });
  await postgres.stop();
});

test('a link to a folder that is gone is refused instead of beginning with an empty database', async () => {
  const dataDir = await makeTestFolder();
  await symlink(join(dataDir, 'unmounted'), join(dataDir, 'postgresql'));
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), /a link to a folder that is not there/);
});

test('when PostgreSQL cannot start, the error carries the reason from its log', async () => {
  const dataDir = await copyMadeDataDir();
  await rm(join(dataDir, 'postgresql', 'data', 'global', 'pg_control'));
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), /pg_control/);
  // The folder is free again.
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), /pg_control/);
});

test('the files go elsewhere, with a link to them, only if PostgreSQL would not get to the data folder', async () => {
  const folder = await makeTestFolder();
  const closed = join(folder, 'closed');
  await mkdir(closed, { mode: 0o700 });
  await chmod(closed, 0o700);
  const elsewhere = join(folder, 'elsewhere');
  const place = await placeCluster(join(closed, 'data'), elsewhere);
  const again = await placeCluster(join(closed, 'data'), elsewhere);
  assert.deepEqual(again, place);
  if (process.getuid?.() === 0) {
    assert.ok(place.home.startsWith(`${elsewhere}/`));
    assert.ok((await lstat(join(closed, 'data', 'postgresql'))).isSymbolicLink());
  } else {
    assert.equal(place.home, join(closed, 'data', 'postgresql'));
  }
});
