import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@holdfast/effects/log.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { withConnection } from '../platform/embedded-postgres/cluster-connection.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts';
import { collectOutput } from '../testing/collect-output.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { startStubBucket, stubBucketName } from '../testing/start-stub-bucket.ts';
import { embeddedPostgresOptions } from './embedded-postgres-options.ts';
import { runCommandLine } from './run-command-line.ts';

async function run(typed: readonly string[], ...args: string[]) {
  const { output, printed, complaints } = collectOutput(typed);
  const exitCode = await runCommandLine(args, output);
  return { exitCode, printed: printed(), complaints: complaints() };
}

function start(dataDir: string) {
  const { config } = loadConfig({ environment: {}, overrides: { data_dir: dataDir } });
  return startEmbeddedPostgres(embeddedPostgresOptions(config, silentLog));
}

async function insert(url: string, n: number): Promise<string> {
  return withConnection(url, async (sql) => {
    await sql`CREATE TABLE IF NOT EXISTS kept (n int)`;
    await sql`INSERT INTO kept VALUES (${n})`;
    const [row] =
      await sql`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`;
    return row?.['now'] as string;
  });
}

async function readNumbers(dataDir: string): Promise<number[]> {
  const postgres = await start(dataDir);
  try {
    return await withConnection(postgres.url, async (sql) =>
      (await sql`SELECT n FROM kept ORDER BY n`).map((row) => row['n'] as number),
    );
  } finally {
    await postgres.stop();
  }
}

/** As the media store keeps a file; gives where. */
async function putMedia(dataDir: string, text: string): Promise<string> {
  const name = createHash('sha256').update(text).digest('hex');
  const folder = join(dataDir, 'media', 'content', name.slice(0, 2), name.slice(2, 4));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

test('a database goes back to a point in time, forth again, and survives the loss of its folder', async () => {
  const dataDir = await makeTestFolder();
  const options = ['--data-dir', dataDir];
  const postgres = await start(dataDir);
  await insert(postgres.url, 1);
  const picture = await putMedia(dataDir, 'a picture');
  const made = await run([], 'backup', 'now', ...options);
  assert.equal(made.exitCode, 0, made.complaints);
  assert.match(made.printed, /media: 1 files, 0.0 MiB; 1 of them/);
  const between = await insert(postgres.url, 2);
  await insert(postgres.url, 3);
  const running = await run(['holdfast'], 'restore', '--to', 'latest', ...options);
  assert.match(running.complaints, /end Holdfast first/);
  await postgres.stop();

  await rm(join(dataDir, 'media'), { recursive: true });
  // The logs that were not archived yet are taken from the folder that is replaced.
  const back = await run(['holdfast'], 'restore', '--to', between, ...options);
  assert.equal(back.exitCode, 0, `${back.printed}\n${back.complaints}`);
  assert.match(back.printed, /media: 1 files .* not in .*media: 1 files are back/s);
  assert.equal(await readFile(picture, 'utf8'), 'a picture');
  assert.match(back.printed, /to be replaced: the primary of holdfast in .*; newest base backup/);
  assert.deepEqual(await readNumbers(dataDir), [1, 2]);

  const forth = await run(['holdfast'], 'restore', '--to', 'latest', '--timeline', '1', ...options);
  assert.equal(forth.exitCode, 0, forth.complaints);
  assert.deepEqual(await readNumbers(dataDir), [1, 2, 3]);

  for (const name of await readdir(join(dataDir, 'postgresql'))) {
    if (name.startsWith('data')) await rm(join(dataDir, 'postgresql', name), { recursive: true });
  }
  const lost = await run(['holdfast'], 'restore', '--to', 'latest', ...options);
  assert.equal(lost.exitCode, 0, lost.complaints);
  assert.match(lost.printed, /to be replaced: nothing/);
  assert.deepEqual(await readNumbers(dataDir), [1, 2, 3]);
});

test('a machine that is lost with its backups comes back from the bucket', async (t) => {
  const stub = await startStubBucket();
  t.after(() => stub.stop());
  const [dataDir, folder] = [await makeTestFolder(), await makeTestFolder()];
  const file = join(folder, 'holdfast.yaml');
  const keyFile = join(folder, 'keys');
  await writeFile(
    keyFile,
    `[default]\naws_access_key_id = stub\naws_secret_access_key = ${stub.keys.secretAccessKey}\n`,
  );
  const bucket = { endpoint: stub.endpoint, name: stubBucketName, key_file: keyFile };
  await writeFile(file, JSON.stringify({ backup: { bucket } }));
  const options = ['--data-dir', dataDir, '--config', file];
  const postgres = await start(dataDir);
  await insert(postgres.url, 1);
  const picture = await putMedia(dataDir, 'a picture');
  const made = await run([], 'backup', 'now', ...options);
  assert.equal(made.exitCode, 0, made.complaints);
  assert.match(made.printed, /bucket: \d+ files were new/);
  assert.match((await run([], 'backup', 'list', ...options)).printed, /bucket http.*checked before it was stored/s);
  const verified = await run([], 'backup', 'verify', '--bucket', ...options);
  assert.match(verified.printed, /1 base backups, \d+ files, .* {2}good/);
  await postgres.stop();
  for (const name of await readdir(dataDir)) await rm(join(dataDir, name), { recursive: true });

  const restored = await run(['holdfast'], 'restore', '--to', 'latest', ...options);
  assert.equal(restored.exitCode, 0, `${restored.printed}\n${restored.complaints}`);
  assert.match(restored.printed, /from the bucket: \d+ files/);
  assert.deepEqual(await readNumbers(dataDir), [1]);
  assert.equal(await readFile(picture, 'utf8'), 'a picture');
  for (const [name, bytes] of stub.objects) {
    if (/media|PG_VERSION/.test(name)) stub.objects.set(name, Buffer.from(bytes).fill(7, bytes.length - 8));
  }
  const damaged = await run([], 'backup', 'verify', '--bucket', ...options);
  assert.equal(damaged.exitCode, 1);
  assert.match(damaged.printed, /NOT GOOD(\n {2}.*PG_VERSION.gz: .*)+\n {2}media\/[0-9a-f]+: its content has changed/);
  stub.keys = { ...stub.keys, secretAccessKey: 'another' };
  assert.match((await run([], 'backup', 'list', ...options)).printed, /CANNOT BE READ: .*SignatureDoesNotMatch/);
});

test('nothing is replaced unless its name is typed, and a damaged backup is found out', async () => {
  const dataDir = await makeTestFolder();
  const options = ['--data-dir', dataDir];
  const postgres = await start(dataDir);
  await insert(postgres.url, 7);
  assert.match((await run([], 'backup', 'list', ...options)).printed, /0 base backups/);
  await run([], 'backup', 'now', ...options);
  const listed = await run([], 'backup', 'list', ...options);
  assert.match(listed.printed, /On the same disk as the database/);
  assert.match(listed.printed, /checked .* restores any time from/);
  await postgres.stop();

  const wrong = await run(['holdfsat'], 'restore', '--to', 'latest', ...options);
  assert.equal(wrong.complaints, 'Nothing was changed.');
  assert.deepEqual(await readNumbers(dataDir), [7]);
  const early = await run([], 'restore', '--to', '2020-01-01T00:00:00Z', ...options);
  assert.match(early.complaints, /No base backup goes back to that time/);
  assert.match((await run([], 'restore', '--to', 'yesterday', ...options)).complaints, /is no time with its zone/);

  const picture = await putMedia(dataDir, 'a picture');
  const media = join(dataDir, 'backups', 'media');
  await cp(join(dataDir, 'media'), media, { recursive: true });
  await rm(join(dataDir, 'media'), { recursive: true });
  assert.equal((await run([], 'restore', 'media', ...options)).exitCode, 0);
  assert.equal(await readFile(picture, 'utf8'), 'a picture');
  assert.match((await run([], 'backup', 'list', ...options)).printed, /media: 1 files/);
  await writeFile(picture.replace(dataDir, join(dataDir, 'backups')), 'Another.!');
  assert.match((await run([], 'backup', 'verify', ...options)).printed, /MiB {2}NOT GOOD\n {2}.*: its content has/);

  const base = join(dataDir, 'backups', 'base');
  const [id = ''] = await readdir(base);
  const file = join(base, id, 'files', 'PG_VERSION.gz');
  assert.ok((await stat(file)).size > 0);
  await writeFile(file, 'no gzip');
  const verified = await run([], 'backup', 'verify', ...options);
  assert.equal(verified.exitCode, 1);
  assert.match(verified.printed, /NOT GOOD\n {2}PG_VERSION: /);
  const refused = await run(['holdfast'], 'restore', '--to', 'latest', ...options);
  assert.match(refused.complaints, /the present database is as it was/);
});

test('a PostgreSQL of somebody else is neither backed up nor restored', async () => {
  const file = join(await makeTestFolder(), 'given.yaml');
  await writeFile(file, 'database:\n  url: postgres://somebody@127.0.0.1:1/none\n');
  assert.match((await run([], 'backup', 'now', '--config', file)).complaints, /by its own means/);
  assert.match((await run([], 'restore', '--to', 'latest', '--config', file)).complaints, /by its own means/);
});
