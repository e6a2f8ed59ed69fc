import assert from 'node:assert/strict';
import { chown, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { migrateDatabase } from '../platform/database/migrate-database.ts';
import {
  ensureRoleAndDatabase,
  formatClusterUrl,
  withConnection,
} from '../platform/embedded-postgres/cluster-connection.ts';
import type { Cluster } from '../platform/embedded-postgres/initialize-cluster.ts';
import { chooseFreePort, launchPostmaster } from '../platform/embedded-postgres/launch-postmaster.ts';
import { placeCluster } from '../platform/embedded-postgres/place-cluster.ts';
import { endPostmaster } from '../platform/embedded-postgres/postmaster.ts';
import { runPostgresProgram } from '../platform/embedded-postgres/run-postgres-program.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts';
import { collectOutput } from '../testing/collect-output.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { embeddedPostgresOptions } from './embedded-postgres-options.ts';
import { runCommandLine } from './run-command-line.ts';

/** Debian's PostgreSQL of an older major version; another one's `bin` may be named. */
const programs = process.env['HOLDFAST_TEST_OLD_POSTGRES'] ?? '/usr/lib/postgresql/15/bin';

async function run(typed: readonly string[], ...args: string[]) {
  const { output, printed, complaints } = collectOutput(typed);
  const exitCode = await runCommandLine(args, output);
  return { exitCode, printed: printed(), complaints: complaints() };
}

/** A data folder as a Holdfast of that PostgreSQL would have left it. Gives the passwords' file back. */
async function makeOldCluster(dataDir: string): Promise<number> {
  const { home, user } = await placeCluster(dataDir);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const credentials = { superuserPassword: 'of the superuser', password: 'of-holdfast' };
  const passwordFile = join(home, 'password');
  await writeFile(passwordFile, credentials.superuserPassword);
  await writeFile(join(home, 'passwords.json'), JSON.stringify(credentials));
  if (user) for (const path of [home, passwordFile]) await chown(path, user.uid, user.gid);
  const data = join(home, 'data');
  await runPostgresProgram(
    join(programs, 'initdb'),
    [
      ...['--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--data-checksums'],
    ],
    user,
  );
  const cluster: Cluster = { home, dataFolder: data, user, credentials };
  const port = await chooseFreePort(undefined);
  const version = (await runPostgresProgram(join(programs, 'postgres'), ['--version'], user)).trim();
  const launch = { cluster, program: join(programs, 'postgres'), version, port, durable: true, maxConnections: 20 };
  const postmaster = await launchPostmaster({ ...launch, clock: systemClock });
  try {
    await ensureRoleAndDatabase(cluster, port, systemClock);
    const url = formatClusterUrl(credentials, port);
    await migrateDatabase(url);
    await withConnection(url, async (sql) => {
      await sql`INSERT INTO server_fact (name, value) VALUES ('server_name', 'old.example')`;
      await sql`INSERT INTO name (text) SELECT 'of user ' || n FROM generate_series(1, 1000) AS n`;
      await sql`CREATE SCHEMA bridge`;
      await sql`CREATE TABLE bridge.message (id bigint PRIMARY KEY, body bytea, at timestamptz DEFAULT now())`;
      await sql`INSERT INTO bridge.message (id, body) SELECT n, decode(repeat(md5(n::text), 200), 'hex')
        FROM generate_series(1, 2000) AS n`;
    });
  } finally {
    await endPostmaster(postmaster, systemClock, [['SIGINT', 30_000]]);
  }
  return Number.parseInt(/\d+/.exec(version)?.[0] ?? '', 10);
}

test('a database of an older major version is backed up, copied, compared, switched to and deleted by command', async () => {
  const dataDir = await makeTestFolder();
  const options = ['--data-dir', dataDir];
  const major = await makeOldCluster(dataDir);
  const { config } = loadConfig({ environment: {}, overrides: { data_dir: dataDir } });
  const start = () => startEmbeddedPostgres(embeddedPostgresOptions(config, silentLog));
  await assert.rejects(start(), /made by PostgreSQL \d+, .*holdfast database upgrade/s);

  const declined = await run(['no'], 'database', 'upgrade', '--programs', programs, ...options);
  assert.equal(declined.complaints, 'Nothing was changed.', declined.printed);
  const upgraded = await run(['holdfast'], 'database', 'upgrade', '--programs', programs, ...options);
  assert.equal(upgraded.exitCode, 0, `${upgraded.printed}\n${upgraded.complaints}`);
  assert.match(upgraded.printed, /made \S+ in .* and checked it.*copied and compared: .*newest base backup/s);

  const postgres = await start();
  try {
    await migrateDatabase(postgres.url);
    const counts = await withConnection(postgres.url, async (sql) => {
      const [next] = await sql`INSERT INTO name (text) VALUES ('of nobody') RETURNING id`;
      const [rows] = await sql`SELECT count(*)::int AS count, max(octet_length(body)) AS bytes FROM bridge.message`;
      const [names] = await sql`SELECT max(id) AS last FROM name WHERE text <> 'of nobody'`;
      return { ...rows, follows: (next?.['id'] as number) > (names?.['last'] as number) };
    });
    assert.deepEqual(counts, { count: 2000, bytes: 3200, follows: true });
    const backup = await run([], 'backup', 'now', ...options);
    assert.equal(backup.exitCode, 0, backup.complaints);
    const listed = await run([], 'backup', 'list', ...options);
    assert.doesNotMatch(listed.printed, /CANNOT/);
  } finally {
    await postgres.stop();
  }

  const home = join(dataDir, 'postgresql');
  const kept = (await readdir(home)).filter((name) => name.startsWith(`data.postgresql-${major}-`));
  assert.equal(kept.length, 1);
  assert.match((await run(['no'], 'database', 'discard', ...options)).complaints, /Nothing was deleted/);
  const discarded = await run(['holdfast'], 'database', 'discard', ...options);
  assert.match(
    discarded.printed,
    /the former primary of holdfast .*last write .*newest base backup .*stays: the primary/s,
  );
  await assert.rejects(stat(join(home, kept[0] ?? '')), { code: 'ENOENT' });
});

test('what a copy would lose is refused, and the database is as it was', async () => {
  const dataDir = await makeTestFolder();
  await makeOldCluster(dataDir);
  const { home, user } = await placeCluster(dataDir);
  const credentials = { superuserPassword: 'of the superuser', password: 'of-holdfast' };
  const cluster = { home, dataFolder: join(home, 'data'), user, credentials };
  const port = await chooseFreePort(undefined);
  const launch = {
    cluster,
    program: join(programs, 'postgres'),
    version: 'old',
    port,
    durable: true,
    maxConnections: 20,
  };
  const postmaster = await launchPostmaster({ ...launch, clock: systemClock });
  await withConnection(formatClusterUrl(credentials, port), (sql) => sql`CREATE VIEW mine AS SELECT 1 AS one`);
  await endPostmaster(postmaster, systemClock, [['SIGINT', 30_000]]);
  const refused = await run(['holdfast'], 'database', 'upgrade', '--programs', programs, '--data-dir', dataDir);
  assert.match(refused.complaints, /as it was: The database has the view mine, which Holdfast did not make/);
  assert.deepEqual(
    (await readdir(home)).filter((name) => name.startsWith('data')),
    ['data'],
  );
  // A power cut between the two renames.
  await rename(join(home, 'data'), join(home, 'data.upgraded'));
  const { config } = loadConfig({ environment: {}, overrides: { data_dir: dataDir } });
  await assert.rejects(startEmbeddedPostgres(embeddedPostgresOptions(config, silentLog)), /was cut short/);
});
