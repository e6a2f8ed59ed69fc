import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { isDataFolderLocked, lockDataFolder } from './lock-data-folder.ts';

const module = join(import.meta.dirname, 'lock-data-folder.ts');

test('a lock is refused to others until it is released', async () => {
  const folder = await makeTestFolder();
  const lock = lockDataFolder(folder);
  assert.throws(() => lockDataFolder(folder), /Another Holdfast is running/);
  assert.equal(isDataFolderLocked(folder), true);
  assert.throws(() => lockDataFolder(folder), /Another Holdfast is running/, 'looking did not let go of it');
  lock.release();
  assert.equal(isDataFolderLocked(folder), false);
  lock.release();
  lockDataFolder(folder).release();
});

test('a lock is free at once when its owner is killed', async () => {
  const folder = await makeTestFolder();
  const script = `
    import { isDataFolderLocked, lockDataFolder } from ${JSON.stringify(module)};
    lockDataFolder(${JSON.stringify(folder)});
    setInterval(() => gc(), 10);
    console.log('locked');`;
  const owner = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script]);
  await once(owner.stdout, 'data');
  assert.throws(() => lockDataFolder(folder), new RegExp(`process ${owner.pid}`));
  assert.equal(isDataFolderLocked(folder), true);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  lockDataFolder(folder).release();
});

test('two data folders do not hinder each other', async () => {
  const locks = [lockDataFolder(await makeTestFolder()), lockDataFolder(await makeTestFolder())];
  for (const lock of locks) lock.release();
});

test('looking for a lock where there never was one makes no file', async () => {
  const folder = await makeTestFolder();
  assert.equal(isDataFolderLocked(folder), false);
  assert.deepEqual(await readdir(folder), []);
});

test('a folder that is not there cannot be locked', () => {
  assert.throws(() => lockDataFolder('/nowhere/at/all'), /cannot be locked/);
});
