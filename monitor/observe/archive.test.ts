import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { archiveSource } from './archive.ts';

const hourMs = 3_600_000;
const system = '7301234567890123456';
const nowMs = Date.UTC(2026, 0, 10);

async function makeArchive(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  t.after(() => rm(folder, { recursive: true }));
  const put = async (path: string, hoursAgo: number) => {
    const file = join(folder, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '');
    const seconds = (nowMs - hoursAgo * hourMs) / 1_000;
    await utimes(file, seconds, seconds);
  };
  let atMs = 0;
  const source = archiveSource({ folder, allowedAgeMs: 24 * hourMs, nowMs: () => nowMs });
  const look = async () => {
    atMs += hourMs;
    const deadline = startDeadline(source.timeoutMs, 'a look');
    try {
      return await source.look(deadline, atMs);
    } finally {
      deadline.finish();
    }
  };
  const archive = (name: string, hoursAgo: number) => put(`wal/${system}/${name}.gz`, hoursAgo);
  return { put, archive, look };
}

test('the newest base backup is found, whoever made it, and none is none', async (t) => {
  const { put, look } = await makeArchive(t);
  assert.deepEqual(await look(), { allowedAgeMs: 24 * hourMs });
  await put('base-2026-01-08/backup.json', 40);
  await put('weekly/2026-01-09/backup_manifest', 30);
  await put('weekly/2026-01-09/base/backup_manifest', 1);
  assert.equal((await look()).newestAgeMs, 30 * hourMs);
});

test('logs count up without a break over files and changes of the primary; a number that is missing is a gap', async (t) => {
  const { put, archive, look } = await makeArchive(t);
  await put('base/../full/backup.json', 10);
  const names = ['0000000100000000000000FE', '0000000100000000000000FF', '000000010000000100000000'];
  for (const name of [...names, '000000020000000100000001', '00000002.history']) await archive(name, 5);
  assert.equal((await look()).gap, undefined);
  await archive('000000020000000100000005', 4);
  assert.deepEqual((await look()).gap, { logs: 3, forMs: 0 });
  assert.deepEqual((await look()).gap, { logs: 3, forMs: hourMs });
  await put('full/backup.json', 3);
  assert.equal((await look()).gap, undefined, 'a base backup that is younger begins anew');
});
