import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { makeTestFolder } from '../../testing/make-test-folder.ts';

const units = join(import.meta.dirname, '../../../deploy/systemd');

test('systemd finds nothing wrong with the units', async () => {
  const folder = await makeTestFolder();
  const names = globSync('*.service', { cwd: units });
  assert.ok(names.length > 0);
  for (const name of names) {
    // The program and its user are another machine's.
    const text = (await readFile(join(units, name), 'utf8'))
      .replace('/opt/holdfast/node_modules/node/bin/node', process.execPath)
      .replaceAll(/^(?:User|Group)=.*$/gm, '');
    await writeFile(join(folder, name), text);
    const { status, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', join(folder, name)], {
      ...{ encoding: 'utf8', timeout: 30_000 },
    });
    assert.deepEqual([error, status, stderr], [undefined, 0, ''], name);
  }
});
