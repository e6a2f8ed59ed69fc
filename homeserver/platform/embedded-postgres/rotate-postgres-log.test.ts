import assert from 'node:assert/strict';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { readLogTail, rotatePostgresLog } from './rotate-postgres-log.ts';

test('a log that is too long becomes the older one, and its writer goes on in the emptied file', async () => {
  const folder = await makeTestFolder();
  const file = join(folder, 'postgresql.log');
  const writer = await open(file, 'a');
  await writer.write('first\n');
  assert.equal(await rotatePostgresLog(file, 6), false);
  await writer.write('second\n');
  assert.equal(await rotatePostgresLog(file, 6), true);
  await writer.write('third\n');
  await writer.close();
  assert.equal(await readFile(file, 'utf8'), 'third\n');
  assert.equal(await readFile(`${file}.1`, 'utf8'), 'first\nsecond\n');
  assert.deepEqual((await readdir(folder)).sort(), ['postgresql.log', 'postgresql.log.1']);
});

test('the tail of a log is its end, and empty where there is none', async () => {
  const file = join(await makeTestFolder(), 'postgresql.log');
  assert.equal(await readLogTail(file), '');
  await writeFile(file, `${'x'.repeat(10_000)}\nthe end\n`);
  const tail = await readLogTail(file);
  assert.ok(tail.endsWith('the end'));
  assert.ok(tail.length < 5_000);
});
