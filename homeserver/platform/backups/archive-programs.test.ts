import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { archiveCommand, lostLogsFile, restoreCommand, writeArchivePrograms } from './archive-programs.ts';
import { markerName } from './backup-folder.ts';

const name = '000000010000000000000001';

async function prepare(settings: { reserveBytes?: number; waitingLimit?: number } = {}) {
  // A quote in a path is a mistake that shells make.
  const root = join(await makeTestFolder(), "it's here");
  const [home, folder, data] = [join(root, 'home'), join(root, 'backups'), join(root, 'data')];
  for (const path of [home, join(folder, 'wal'), join(data, 'pg_wal', 'archive_status'), join(data, 'global')]) {
    await mkdir(path, { recursive: true });
  }
  const become = (systemIdentifier: bigint) => {
    const control = Buffer.alloc(64);
    control.writeBigUInt64LE(systemIdentifier);
    return writeFile(join(data, 'global', 'pg_control'), control);
  };
  await become(7_001n);
  await writeFile(join(folder, markerName), '');
  await writeArchivePrograms({ home, user: undefined, folder, reserveBytes: 0, ...settings });
  const write = (text: string) => writeFile(join(data, 'pg_wal', name), text);
  const wait = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        writeFile(join(data, 'pg_wal', 'archive_status', `${index}.ready`), ''),
      ),
    );
  /** As PostgreSQL calls it, in its data folder. */
  const call = (command: string, path: string, env: NodeJS.ProcessEnv = process.env) => {
    const line = command.replace('%f', name).replace('%p', path);
    const { status, stderr } = spawnSync('/bin/sh', ['-c', line], { cwd: data, encoding: 'utf8', env });
    return { status, stderr };
  };
  const archive = (env?: NodeJS.ProcessEnv) => call(archiveCommand(home), `pg_wal/${name}`, env);
  const restore = (env?: NodeJS.ProcessEnv) => call(restoreCommand(home), 'pg_wal/RECOVERYXLOG', env);
  const logs = join(folder, 'wal', '7001');
  return { home, folder, data, write, wait, archive, restore, become, logs, stored: join(logs, `${name}.gz`) };
}

test('a log is stored whole, comes back, and may be handed over twice', async () => {
  const { write, archive, restore, stored, logs, data } = await prepare();
  await write('the log');
  assert.equal(archive().status, 0);
  assert.equal(gunzipSync(await readFile(stored)).toString(), 'the log');
  assert.equal(archive().status, 0);
  assert.deepEqual(await readdir(logs), [`${name}.gz`]);
  assert.equal(restore().status, 0);
  assert.equal(await readFile(join(data, 'pg_wal', 'RECOVERYXLOG'), 'utf8'), 'the log');
});

test('a log is stored and comes back where PATH is empty', async () => {
  const { write, archive, restore, data } = await prepare();
  await write('the log');
  assert.deepEqual(archive({ PATH: '' }), { status: 0, stderr: '' });
  assert.deepEqual(restore({ PATH: '' }), { status: 0, stderr: '' });
  assert.equal(await readFile(join(data, 'pg_wal', 'RECOVERYXLOG'), 'utf8'), 'the log');
});

test('what is there under its name is never overwritten by other content', async () => {
  const { write, archive, stored } = await prepare();
  await write('the log');
  archive();
  await write('another');
  assert.match(archive().stderr, /has other content \(0 logs wait\)/);
  assert.equal(gunzipSync(await readFile(stored)).toString(), 'the log');
});

test('another database in the same place has logs of its own', async () => {
  const { write, archive, restore, become, data, folder } = await prepare();
  await write('of the first');
  archive();
  await become(2n ** 63n + 5n);
  await write('of the second');
  assert.equal(archive().status, 0);
  assert.deepEqual((await readdir(join(folder, 'wal'))).sort(), ['7001', '9223372036854775813']);
  await become(7_001n);
  assert.equal(restore().status, 0);
  assert.equal(await readFile(join(data, 'pg_wal', 'RECOVERYXLOG'), 'utf8'), 'of the first');
});

test('while the volume is away logs wait, up to a bound; then one is given up and written down', async () => {
  const { write, wait, archive, folder, home } = await prepare({ waitingLimit: 3 });
  await write('the log');
  await rm(join(folder, markerName));
  await wait(3);
  const waiting = archive();
  assert.equal(waiting.status, 1);
  assert.match(waiting.stderr, /is not archived: .* is not there \(3 logs wait\)/);
  await wait(4);
  assert.equal(archive().status, 0);
  assert.equal(await readFile(lostLogsFile(home), 'utf8'), `${name}\n`);
});

test('the reserve of the disk that the database is on goes before the backup', async () => {
  const { write, archive, home } = await prepare({ reserveBytes: 2 ** 60 });
  await write('the log');
  assert.equal(archive().status, 0);
  assert.equal(await readFile(lostLogsFile(home), 'utf8'), `${name}\n`);
});

test('a log that is not there ends a recovery', async () => {
  assert.equal((await prepare()).restore().status, 1);
});
