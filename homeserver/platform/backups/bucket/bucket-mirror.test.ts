import assert from 'node:assert/strict';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { makeTestFolder } from '../../../testing/make-test-folder.ts';
import { startStubBucket, stubBucketName } from '../../../testing/start-stub-bucket.ts';
import { makeUsable } from '../backup-folder.ts';
import { listBaseBackups } from '../base-backup.ts';
import { listArchivedLogs } from '../log-name.ts';
import { contentFile, mediaBackupRoot } from '../media/media-places.ts';
import { openBucket } from './bucket.ts';
import { BucketMirror } from './bucket-mirror.ts';
import { fetchBackup } from './fetch-backup.ts';

const hurriedClock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
const media = 'ab'.repeat(32);
const logName = (number: number) => `00000001000000000000000${number}.gz`;

async function prepare(t: TestContext) {
  const stub = await startStubBucket();
  const place = { endpoint: stub.endpoint, region: 'r', bucket: stubBucketName, prefix: 'p', keys: stub.keys };
  const bucket = openBucket(place, hurriedClock, systemRandom);
  t.after(async () => {
    bucket.close();
    await stub.stop();
  });
  const makeFolder = async () => {
    const folder = join(await makeTestFolder(), 'backups');
    await mkdir(folder);
    assert.equal(await makeUsable(folder, undefined), undefined);
    return folder;
  };
  const folder = await makeFolder();
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const writeLog = async (number: number, atMs = number * 1_000) => {
    await write(`wal/7/${logName(number)}`, `log ${number}`);
    await utimes(join(folder, 'wal/7', logName(number)), atMs / 1_000, atMs / 1_000);
  };
  /** As one that needs the logs from `number` on. */
  const writeBackup = async (id: string, number: number, verified = true) => {
    const at = `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T00:00:00Z`;
    const lsn = `0/${(number * 16 * 2 ** 20 + 40).toString(16)}`;
    const manifest = {
      ...{ format: 1, postgresVersion: '18.4', systemIdentifier: '7', timeline: 1, folders: [] },
      ...{ startPlace: lsn, stopPlace: lsn, startedAt: at, endedAt: at },
      files: [{ path: 'PG_VERSION', sizeBytes: 2, sha256: '' }],
    };
    await write(`base/${id}/files/PG_VERSION.gz`, 'packed');
    await write(`base/${id}/passwords.json`, '{}');
    await write(`base/${id}/backup.json`, JSON.stringify(manifest));
    if (verified) await write(`base/${id}/verified.json`, '{"verifiedAt":"2026-01-01T00:00:00Z"}');
  };
  const open = () => new BucketMirror({ bucket, folder, clock: hurriedClock, log: silentLog });
  const names = () => [...stub.objects.keys()].map((name) => name.slice(2)).sort();
  return { stub, bucket, folder, makeFolder, write, writeLog, writeBackup, open, names };
}

test('all that is in the folder is stored once, oldest logs first, and backup.json after what it lists', async (t) => {
  const { stub, write, writeLog, writeBackup, open } = await prepare(t);
  await writeLog(2, 5_000);
  await writeLog(1, 9_000);
  await write('wal/7/.unfinished.partial', 'half');
  await writeBackup('20260101T000000Z', 1);
  await write(`media/content/ab/ab/${media}`, 'a picture');
  const mirror = open();
  assert.equal(await mirror.pass(), 7);
  const stored = stub.requests.filter((request) => request.startsWith('PUT')).map((request) => request.slice(6));
  assert.deepEqual(stored.slice(0, 2), [`wal/7/${logName(2)}`, `wal/7/${logName(1)}`]);
  assert.deepEqual(stored.slice(-3), [
    'base/20260101T000000Z/backup.json',
    'base/20260101T000000Z/verified.json',
    `media/${media}`,
  ]);
  assert.equal(await mirror.pass(), 0);
  // Another process knows by the list, but for whether it was checked meanwhile.
  assert.equal(await open().pass(), 1);
});

test('while the bucket is away logs wait and are counted, and nothing of them may go', async (t) => {
  const { stub, folder, writeLog, writeBackup, open } = await prepare(t);
  await writeLog(1);
  await writeBackup('20260101T000000Z', 1);
  const mirror = open();
  await mirror.pass();
  await writeLog(2);
  await writeLog(3);
  stub.faults.push(...Array.from({ length: 10 }, () => 503));
  await assert.rejects(mirror.pass(), /SlowDown/);
  await assert.rejects(mirror.pass(), /SlowDown/);
  assert.equal(mirror.status.waitingLogs, 2);
  assert.equal(mirror.status.waitingSinceSeconds, 2);
  assert.equal(mirror.status.failures, 2);
  const logs = await listArchivedLogs(folder);
  assert.deepEqual(
    logs.map((log) => mirror.hasLog(log)),
    [true, false, false],
  );
  assert.deepEqual(
    (await listBaseBackups(folder)).map((backup) => mirror.hasBackup(backup)),
    [true],
  );
  assert.equal(await mirror.pass(), 2);
  assert.equal(mirror.status.waitingLogs, 0);
  assert.equal(mirror.status.failures, 0);
});

test('a bucket that is away from the start is told as one that is behind', async (t) => {
  const { stub, writeLog, open } = await prepare(t);
  await writeLog(1);
  stub.faults.push(...Array.from({ length: 5 }, () => 503));
  const mirror = open();
  const beganSeconds = systemClock.wallMs() / 1_000;
  await assert.rejects(mirror.pass(), /SlowDown/);
  assert.ok((mirror.status.waitingSinceSeconds ?? 0) >= beganSeconds);
  await mirror.pass();
  assert.equal(mirror.status.waitingSinceSeconds, undefined);
});

test('the bucket keeps what goes back the weeks, and everything of a database that is younger than them', async (t) => {
  const { stub, folder, writeLog, writeBackup, open, names } = await prepare(t);
  for (const number of [1, 2, 3]) await writeLog(number);
  await writeBackup('20260101T000000Z', 1);
  await writeBackup('20260108T000000Z', 2);
  await writeBackup('20260119T000000Z', 3);
  const mirror = open();
  await mirror.pass();
  const before = names();
  assert.equal(await mirror.prune(2), 0);
  assert.deepEqual(names(), before);
  // The folder has let go of the oldest.
  await rm(join(folder, 'base', '20260101T000000Z'), { recursive: true });
  assert.equal(await mirror.prune(1), 5);
  assert.deepEqual(
    names().filter((name) => !name.startsWith('base/20260119')),
    ['backup.json', 'files/PG_VERSION.gz', 'passwords.json', 'verified.json']
      .map((name) => `base/20260108T000000Z/${name}`)
      .concat([`wal/7/${logName(2)}`, `wal/7/${logName(3)}`]),
  );
  const first = stub.requests.find((request) => request.startsWith('DELETE'));
  assert.equal(first, 'DELETE p/base/20260101T000000Z/backup.json');
});

test('an empty folder over a full bucket deletes nothing there, and gets back what a restore needs', async (t) => {
  const { bucket, makeFolder, write, writeLog, writeBackup, open, names } = await prepare(t);
  for (const number of [1, 2, 3]) await writeLog(number);
  await write('wal/7/00000002.history.gz', 'history');
  await writeBackup('20260101T000000Z', 1);
  await writeBackup('20260108T000000Z', 2);
  await writeBackup('20260115T000000Z', 3, false);
  await write(`media/content/ab/ab/${media}`, 'a picture');
  await open().pass();
  const before = names();

  const folder = await makeFolder();
  const mirror = new BucketMirror({ bucket, folder, clock: hurriedClock, log: silentLog });
  await mirror.pass();
  await mirror.prune(1);
  assert.deepEqual(names(), before);
  const place = { folder, home: folder, user: undefined, isSameDisk: true, archiveCommand: '', problem: undefined };
  const fetch = { bucket, place, id: undefined, reserveBytes: 0, clock: hurriedClock, say: () => {} };
  await assert.rejects(fetchBackup({ ...fetch, beforeMs: 0 }), /no base backup that goes back to that time/);
  await assert.rejects(fetchBackup({ ...fetch, beforeMs: Infinity, reserveBytes: 2 ** 60 }), /MiB free; what comes/);
  assert.equal(await fetchBackup({ ...fetch, beforeMs: Number.POSITIVE_INFINITY }), '20260108T000000Z');
  const backups = await listBaseBackups(folder);
  assert.deepEqual(
    backups.map(({ id, verifiedAt }) => [id, verifiedAt !== undefined]),
    [['20260108T000000Z', true]],
  );
  assert.deepEqual(
    (await listArchivedLogs(folder)).map(({ number }) => number),
    [2, 3],
  );
  assert.equal(await readFile(contentFile(mediaBackupRoot(folder), media), 'utf8'), 'a picture');
});
