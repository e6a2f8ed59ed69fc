import assert from 'node:assert/strict';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { choosePostgresUser } from './choose-postgres-user.ts';

const isRoot = process.getuid?.() === 0;

async function writePasswd(...lines: string[]): Promise<string> {
  const file = join(await makeTestFolder(), 'passwd');
  await writeFile(file, `root:x:0:0:root:/root:/bin/sh\n${lines.join('\n')}\n`);
  return file;
}

test('only root lends an account, the one made for Holdfast first', async () => {
  const passwd = await writePasswd('nobody:x:9:10::/:/bin/false', 'holdfast:x:11:12::/:/bin/false');
  const expected = isRoot ? { name: 'holdfast', uid: 11, gid: 12 } : undefined;
  assert.deepEqual(choosePostgresUser('/nowhere', passwd), expected);
});

test('the owner of an existing cluster goes before every other account', async () => {
  const folder = await makeTestFolder();
  const passwd = await writePasswd('nobody:x:9:10::/:/bin/false', 'alice:x:1234:1235::/:/bin/sh');
  if (isRoot) await chown(folder, 1234, 1235);
  assert.deepEqual(choosePostgresUser(folder, passwd), isRoot ? { name: 'alice', uid: 1234, gid: 1235 } : undefined);
});

test('root without any account to lend is told to make one', async () => {
  const passwd = await writePasswd();
  const choose = () => choosePostgresUser('/nowhere', passwd);
  if (isRoot) assert.throws(choose, /useradd --system holdfast/);
  else assert.equal(choose(), undefined);
});
