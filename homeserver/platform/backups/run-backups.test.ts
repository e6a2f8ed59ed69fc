import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { collectLog } from '../../testing/collect-log.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/start-embedded-postgres.ts';
import { lostLogsFile } from './archive-programs.ts';
import { observeBackups } from './backup-metrics.ts';
import { listBaseBackups } from './base-backup.ts';
import { startBackups } from './run-backups.ts';

/** Half a minute is over in a moment. */
const hurriedClock: Clock = {
  ...systemClock,
  sleep: (durationMs, signal) => systemClock.sleep(Math.min(durationMs, 100), signal),
};

test('the first base backup is made by itself, and another one once logs were lost', async (t) => {
  const dataDir = await makeTestFolder();
  const schedule = { intervalHours: 168, keepWeeks: 2, reserveBytes: 0 };
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: silentLog,
    backup: { folder: undefined, reserveBytes: 0 },
  });
  t.after(() => postgres.stop());
  const { backups: place, superuserUrl } = postgres;
  assert.ok(place && place.problem === undefined);
  assert.equal(place.isSameDisk, true);
  const { log, waitFor, records } = collectLog();
  const running = startBackups({
    place,
    superuserUrl,
    schedule,
    mediaStore: join(dataDir, 'media'),
    clock: hurriedClock,
    log,
  });
  const metrics = createMetrics({ processMetrics: false });
  observeBackups(metrics, running, { ...place, intervalHours: schedule.intervalHours });
  const made = await waitFor('a base backup was made and checked');
  const [first] = await listBaseBackups(place.folder);
  assert.equal(first?.id, made.fields['id']);
  assert.ok(first?.verifiedAt);
  const { body } = await metrics.expose();
  assert.match(body, /^holdfast_backup_newest_verified_timestamp_seconds 1\.?\d+/m);
  assert.match(body, /^holdfast_backup_same_disk 1$/m);
  assert.match(body, new RegExp(`^holdfast_backup_interval_seconds ${schedule.intervalHours * 3_600}$`, 'm'));

  await writeFile(lostLogsFile(place.home), '000000010000000000000001\n');
  while (records.filter(({ message }) => message === 'a base backup was made and checked').length < 2) {
    await waitFor('a base backup was made and checked');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await assert.rejects(readFile(lostLogsFile(place.home)), { code: 'ENOENT' });
  assert.equal((await listBaseBackups(place.folder)).length, 2);
  assert.equal(records.filter(({ level }) => level === 'error').length, 0);
  await running.stop();
});

test('a folder that is not there is told, and the server starts without backups', async (t) => {
  const dataDir = await makeTestFolder();
  const { log, records } = collectLog();
  const folder = join(dataDir, 'not', 'mounted');
  const postgres = await startEmbeddedPostgres({ dataDir, log, backup: { folder, reserveBytes: 0 } });
  t.after(() => postgres.stop());
  assert.match(postgres.backups?.problem ?? '', /there is no folder .*not\/mounted/);
  assert.equal(records.filter(({ message }) => message.startsWith('backups cannot be made')).length, 1);
});
