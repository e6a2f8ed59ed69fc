import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../platform/config/load-config.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { type BackupFacts, checkBackups, judgeBackups } from './check-backups.ts';

const dayMs = 86_400_000;
const good: BackupFacts = {
  ...{ problem: undefined, lostLogs: 0, newestWholeAgeMs: 2 * dayMs, count: 3, isSameDisk: false },
  intervalMs: 7 * dayMs,
};
const judge = (changed: Partial<BackupFacts>) => {
  const findings = judgeBackups({ ...good, ...changed });
  for (const { verdict, mend } of findings) if (verdict !== 'ok') assert.ok(mend);
  return findings.map(({ verdict }) => verdict).join();
};

test('backups are judged by whether one is whole, young enough and somewhere else', () => {
  assert.equal(judge({}), 'ok');
  assert.equal(judge({ newestWholeAgeMs: 9 * dayMs }), 'warning');
  assert.equal(judge({ newestWholeAgeMs: undefined }), 'warning');
  assert.equal(judge({ newestWholeAgeMs: undefined, count: 0 }), 'warning');
  assert.equal(judge({ lostLogs: 2 }), 'ok,warning');
  assert.equal(judge({ isSameDisk: true }), 'ok,warning');
  assert.equal(judge({ problem: 'the volume is not mounted' }), 'problem');
});

test('a data folder whose backups are gone is a problem, and one that was never used is none', async () => {
  const dataDir = await makeTestFolder();
  const check = (more: Record<string, string> = {}) =>
    checkBackups(loadConfig({ environment: { HOLDFAST_DATA_DIR: dataDir, ...more } }).config);
  assert.deepEqual(await check(), []);
  await mkdir(join(dataDir, 'postgresql'));
  assert.match((await check())[0]?.what ?? '', /^nothing can be restored: .*has no backups of Holdfast in it/);
  assert.equal((await check({ HOLDFAST_BACKUP_ENABLED: 'false' }))[0]?.verdict, 'warning');
  assert.deepEqual(await check({ HOLDFAST_DATABASE_URL: 'postgres://u@127.0.0.1/x' }), []);
});
