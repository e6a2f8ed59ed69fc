import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { lockDataFolder } from './lock-data-folder.ts';

const module = join(import.meta.dirname, 'lock-data-folder.ts');

test('a lock is refused to others until it is released', async () => {
  const folder = await makeTestFolder();
  const lock = lockDataFolder(folder);
  assert.throws(() => lockDataFolder(folder), /Another Holdfast is running/);
  lock.release();
  lock.release();
  lockDataFolder(folder).release();
});

test('a lock is free at once when its owner is killed', async () => {
  const folder = await makeTestFolder();
  const script = `
    import { lockDataFolder } from ${JSON.stringify(module)};
    lockDataFolder(${JSON.stringify(folder)});
    setInterval(() => gc(), 10);
    console.log('locked');`;
  const owner = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script]);
  await once(owner.stdout, 'data');
  assert.throws(() => lockDataFolder(folder), new RegExp(`process ${owner.pid}`));
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  lockDataFolder(folder).release();
});

test('two data folders do not hinder each other', async () => {
  const locks = [lockDataFolder(await makeTestFolder()), lockDataFolder(await makeTestFolder())];
  for (const lock of locks) lock.release();
});

test('a folder that is not there cannot be locked', () => {
  assert.throws(() => lockDataFolder('/nowhere/at/all'), /cannot be locked/);
});
