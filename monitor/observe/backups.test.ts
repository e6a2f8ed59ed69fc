import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { backupCopyLate } from '../decide/rules/backup-copy-late.ts';
import { backupGap } from '../decide/rules/backup-gap.ts';
import { backupTooOld } from '../decide/rules/backup-too-old.ts';
import { backupUnverified } from '../decide/rules/backup-unverified.ts';
import { mediaDamaged } from '../decide/rules/media-damaged.ts';
import { observe } from '../testing/sound-observations.ts';
import { backupsSource } from './backups.ts';
import { parseMetrics } from './parse-metrics.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = 1_000 * dayMs;

/** What the rules say of backups with these metrics, a week between two of them. */
async function judge(metrics: Readonly<Record<string, number>>): Promise<string[]> {
  const text = Object.entries(metrics).map(([name, value]) => `holdfast_backup_${name} ${value}`);
  const source = backupsSource({
    ...{ intervalMs: 7 * dayMs, nowMs: () => nowMs },
    readProcessMetrics: () => parseMetrics(text.join('\n')),
  });
  const deadline = startDeadline(5_000, 'looking');
  const backups = await source.look(deadline, 0);
  deadline.finish();
  return [backupCopyLate, backupGap, backupTooOld, backupUnverified, mediaDamaged].flatMap((rule) => {
    const conditions = rule.judge(observe(0, { backups }), { atMs: 0, isRaised: () => false });
    return conditions === 'unknown'
      ? ['unknown']
      : conditions.map(({ severity, summary }) => `${severity}: ${summary}`);
  });
}
const daysAgo = (days: number) => (nowMs - days * dayMs) / 1000;
const made = (days: number, checked = days) => ({
  ...{ running: 0, failures: 0, newest_verified_timestamp_seconds: daysAgo(days) },
  verified_timestamp_seconds: daysAgo(checked),
});

test('a backup is told by its age and by when it was checked', async () => {
  assert.deepEqual(await judge(made(7)), []);
  assert.deepEqual(await judge(made(9)), ['warning: the newest backup is 9 d old']);
  assert.deepEqual(await judge({ ...made(20), failures: 3 }), [
    'page: the newest backup is 20 d old: 3 attempts failed since the start',
  ]);
  assert.deepEqual(await judge(made(2, 40)), ['warning: a backup was last checked in whole: 40 d ago']);
});

test('logs that wait for the bucket are told, and media only where bringing them fails', async () => {
  const hoursAgo = (hours: number) => (nowMs - hours * hourMs) / 1000;
  const since = { bucket_waiting_since_timestamp_seconds: hoursAgo(0.5) };
  assert.deepEqual(await judge({ ...made(1), ...since }), ['warning: logs wait for the bucket, for 30 min']);
  const passed = { ...made(1), media_last_pass_timestamp_seconds: hoursAgo(3) };
  assert.deepEqual(await judge({ ...passed, media_failures: 0 }), []);
  assert.deepEqual(await judge({ ...passed, media_failures: 2 }), [
    'warning: media are not brought into the backup, for 3 h',
  ]);
});

test('no backup is a warning, but not while the first is made or nobody tells of any', async () => {
  assert.deepEqual(await judge({ running: 0, failures: 1 }), [
    'warning: there is no backup: 1 attempts failed since the start',
  ]);
  assert.deepEqual(await judge({ running: 1, failures: 0 }), []);
  assert.deepEqual(await judge({}), []);
});

test('logs that were given up and files that are damaged are told', async () => {
  assert.deepEqual(await judge({ ...made(1), lost_logs: 3, media_damaged: 1 }), [
    'warning: 3 logs are in no backup: what came later cannot be restored before a new base backup',
    'page: 1 files of the media store are not what they were',
  ]);
  assert.deepEqual(await judge({ ...made(1), lost_logs: 0, media_damaged: 0 }), []);
});
