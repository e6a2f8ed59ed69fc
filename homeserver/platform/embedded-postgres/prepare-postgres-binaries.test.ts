import assert from 'node:assert/strict';
import { cp, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { choosePostgresUser } from './choose-postgres-user.ts';
import { findInstalledBinaries, preparePostgresBinaries } from './prepare-postgres-binaries.ts';

test('programs that run where npm put them are not copied', async () => {
  const folder = await makeTestFolder();
  const binaries = await preparePostgresBinaries(undefined, folder);
  assert.match(binaries.version, /^18\.\d+$/);
  assert.deepEqual(await readdir(folder), []);
});

test('programs whose libraries lack their links are copied once, and the copy runs', async () => {
  const folder = await makeTestFolder();
  const { native } = await findInstalledBinaries();
  const broken = { native: await copyWithoutLinks(native, join(folder, 'broken')), packageVersion: '1' };

  const user = choosePostgresUser(join(folder, 'none'));
  await mkdir(join(folder, 'copies', 'postgresql-0'), { recursive: true });
  const binaries = await preparePostgresBinaries(user, join(folder, 'copies'), broken);
  assert.ok(binaries.postgres.startsWith(join(folder, 'copies', 'postgresql-1')));
  assert.deepEqual(await readdir(join(folder, 'copies')), ['postgresql-1']);
  const { ino } = await lstat(binaries.postgres);
  const again = await preparePostgresBinaries(user, join(folder, 'copies'), broken);
  assert.deepEqual(again, binaries);
  assert.equal((await lstat(again.postgres)).ino, ino);
});

test('programs that do not run anywhere are reported with the way out', async () => {
  const folder = await makeTestFolder();
  await mkdir(join(folder, 'native', 'bin'), { recursive: true });
  await writeFile(join(folder, 'native', 'bin', 'postgres'), 'not a program', { mode: 0o755 });
  const installed = { native: join(folder, 'native'), packageVersion: '1' };
  await assert.rejects(preparePostgresBinaries(undefined, join(folder, 'copies'), installed), /set database\.url/);
});

/** As npm leaves the package when it may not run install scripts. */
async function copyWithoutLinks(from: string, to: string): Promise<string> {
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (source) => !(await lstat(source)).isSymbolicLink() && !source.endsWith('.a'),
  });
  return to;
}
