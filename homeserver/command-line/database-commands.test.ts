import assert from 'node:assert/strict';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@holdfast/effects/log.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { migrateDatabase } from '../platform/database/migrate-database.ts';
import { withConnection } from '../platform/embedded-postgres/cluster-connection.ts';
import { findInstalledBinaries } from '../platform/embedded-postgres/prepare-postgres-binaries.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts';
import { collectOutput } from '../testing/collect-output.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { embeddedPostgresOptions } from './embedded-postgres-options.ts';
import { runCommandLine } from './run-command-line.ts';

async function run(typed: readonly string[], ...args: string[]) {
  const { output, printed, complaints } = collectOutput(typed);
  const exitCode = await runCommandLine(args, output);
  return { exitCode, printed: printed(), complaints: complaints() };
}

test('a database is upgraded only from an older version whose programs are there', async () => {
  const dataDir = await makeTestFolder();
  const options = ['--data-dir', dataDir];
  assert.match((await run([], 'database', 'upgrade', ...options)).complaints, /There is no database in .* yet/);
  const { config } = loadConfig({ environment: {}, overrides: { data_dir: dataDir } });
  const postgres = await startEmbeddedPostgres(embeddedPostgresOptions(config, silentLog));
  assert.match((await run([], 'database', 'upgrade', ...options)).complaints, /end Holdfast first/);
  await postgres.stop();
  assert.match((await run([], 'database', 'upgrade', ...options)).printed, /there is nothing to do/);
  const version = join(dataDir, 'postgresql', 'data', 'PG_VERSION');
  await writeFile(version, '99\n');
  assert.match((await run([], 'database', 'upgrade', ...options)).complaints, /take a newer Holdfast/);
  await writeFile(version, '9\n');
  const without = await run([], 'database', 'upgrade', '--programs', '/nowhere', ...options);
  assert.match(without.complaints, /as it was: The programs of PostgreSQL 9 are needed .*--programs/);
  // What says it is of 9 and is not.
  const { native } = await findInstalledBinaries();
  const wrong = await run([], 'database', 'upgrade', '--programs', native, ...options);
  assert.match(wrong.complaints, /The programs of PostgreSQL 9 are needed/);
});

test('a database that was replaced is deleted only by its name, and the present one never', async () => {
  const dataDir = await makeTestFolder();
  const home = join(dataDir, 'postgresql');
  await mkdir(join(home, 'data'), { recursive: true });
  assert.equal((await run([], 'database', 'discard', '--data-dir', dataDir)).printed.trim(), 'There is none.');
  const replaced = join(home, 'data.replaced-20261126T083000Z');
  await mkdir(join(replaced, 'pg_wal'), { recursive: true });
  await writeFile(join(replaced, 'pg_wal', '000000010000000000000001'), 'x'.repeat(2 ** 20));
  const wrong = await run(['postgresql'], 'database', 'discard', '--data-dir', dataDir);
  assert.match(
    wrong.printed,
    /to be deleted: the former primary of holdfast in .*; 1.0 MiB; last write 20.*; no backup/,
  );
  assert.equal(wrong.complaints, 'Nothing was deleted.');
  assert.ok(await stat(replaced));
  assert.equal((await run(['holdfast'], 'database', 'discard', '--data-dir', dataDir)).exitCode, 0);
  assert.deepEqual(
    (await readdir(home)).filter((name) => name.startsWith('data')),
    ['data'],
  );
});

test('a slot is dropped after the primary has said what it is, by its name', async (t) => {
  const dataDir = await makeTestFolder();
  const options = ['--data-dir', dataDir];
  const { config } = loadConfig({ environment: {}, overrides: { data_dir: dataDir } });
  const postgres = await startEmbeddedPostgres(embeddedPostgresOptions(config, silentLog));
  t.after(() => postgres.stop());
  await migrateDatabase(postgres.url);
  const count = () =>
    withConnection(postgres.superuserUrl, async (sql) => (await sql`SELECT 1 FROM pg_replication_slots`).length);
  await withConnection(postgres.superuserUrl, async (sql) => {
    await sql`SELECT pg_create_physical_replication_slot('of_db_2', true)`;
    await sql`SELECT pg_create_physical_replication_slot('of_db_3')`;
  });
  const unnamed = await run([], 'database', 'drop-slot', ...options);
  assert.match(
    unnamed.printed,
    /^the primary of holdfast at 127.0.0.1:\d+ \(holdfast\); .* MiB; last write .*; no backup$/m,
  );
  assert.match(unnamed.printed, /slot of_db_2: NOBODY FOLLOWS IT; holds .* of log; reserved/);
  assert.match(unnamed.complaints, /Which one\?/);
  assert.match((await run([], 'database', 'drop-slot', 'of_db_4', ...options)).complaints, /There is no slot of_db_4/);
  const wrong = await run(['of_db_3'], 'database', 'drop-slot', 'of_db_2', ...options);
  assert.equal(wrong.complaints, 'Nothing was dropped.');
  assert.equal(await count(), 2);
  assert.equal((await run(['of_db_2'], 'database', 'drop-slot', 'of_db_2', ...options)).exitCode, 0);
  assert.equal(await count(), 1);
});
