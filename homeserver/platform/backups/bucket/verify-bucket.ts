import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Clock } from '@holdfast/effects/clock.ts';
import { type BackedUpFile, firstLogOf, names, parseManifest } from '../base-backup.ts';
import { formatLogName, logNumberOf, logSizeBytes, parseLogName } from '../log-name.ts';
import { formatShare, reportProgress } from '../media/report-progress.ts';
import { forEachFile } from '../packed-file.ts';
import { type Bucket, timeoutFor } from './bucket.ts';
import { manifestKey, prefixes } from './bucket-keys.ts';
import { listObjects, type StoredObject } from './objects.ts';
import { listStoredBackups } from './stored-backups.ts';

export interface BucketVerification {
  readonly backups: number;
  readonly objects: number;
  readonly sizeBytes: number;
  /** What is wrong, at most 20; nothing if all is well. */
  readonly problems: readonly string[];
}

const shownProblems = 20;

/** What an object must hold, unpacked where it is packed; undefined: as it comes. */
interface Expected {
  readonly isPacked: boolean;
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

/**
 * Reads everything in the bucket from one end to the other, without room on a disk: each file of a base backup by its
 * manifest, each log by its size and sum, media by their names; and whether each backup has the logs that it needs.
 */
export async function verifyBucket(
  bucket: Bucket,
  { clock, say }: { clock: Clock; say?: (text: string) => void },
): Promise<BucketVerification> {
  const objects = await Array.fromAsync(listObjects(bucket, ''));
  const keys = new Set(objects.map(({ key }) => key));
  const problems: string[] = [];
  const note = (problem: string) => void (problems.length < shownProblems && problems.push(problem));
  const backups = listStoredBackups(keys);
  const files = new Map<string, BackedUpFile>();
  for (const { id } of backups) await readBackup(bucket, id, keys, files, note);

  const allBytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const startMs = clock.monotonicMs();
  const progress = reportProgress(clock, say);
  let doneBytes = 0;
  await forEachFile(objects, async (object) => {
    const expected = expectedOf(object.key, files);
    const problem = expected && (await checkObject(bucket, object, expected));
    if (problem) note(`${object.key}: ${problem}`);
    doneBytes += object.sizeBytes;
    progress(() => `bucket: ${formatShare(doneBytes, allBytes, clock.monotonicMs() - startMs)}`);
  });
  return { backups: backups.length, objects: objects.length, sizeBytes: allBytes, problems };
}

/** Notes which files of a backup are missing, and what those that are there must hold. */
async function readBackup(
  bucket: Bucket,
  id: string,
  keys: ReadonlySet<string>,
  files: Map<string, BackedUpFile>,
  note: (problem: string) => void,
): Promise<void> {
  const manifest = parseManifest((await bucket.ask({ method: 'GET', key: manifestKey(id) })).text);
  if (!manifest) return note(`${manifestKey(id)} is no base backup`);
  for (const file of manifest.files) {
    const key = `${prefixes.bases}${id}/${names.files}/${file.path}.gz`;
    files.set(key, file);
    if (!keys.has(key)) note(`${key} is missing`);
  }
  if (!keys.has(`${prefixes.bases}${id}/${names.passwords}`)) note(`${names.passwords} of ${id} is missing`);
  const { timeline, number } = firstLogOf(manifest);
  for (let log = number; log <= logNumberOf(manifest.stopPlace); log += 1) {
    const key = `${prefixes.logs}${manifest.systemIdentifier}/${formatLogName({ timeline, number: log })}.gz`;
    if (!keys.has(key)) note(`${key} is missing, without which ${id} cannot be used`);
  }
}

function expectedOf(key: string, files: ReadonlyMap<string, BackedUpFile>): Expected | undefined {
  const name = key.split('/').at(-1) ?? '';
  const file = files.get(key);
  if (file) return { isPacked: true, sizeBytes: file.sizeBytes, sha256: file.sha256 };
  if (key.startsWith(prefixes.media)) return { isPacked: false, sha256: name };
  if (!key.startsWith(prefixes.logs)) return undefined;
  return { isPacked: true, ...(parseLogName(name.replace(/\.gz$/, '')) && { sizeBytes: logSizeBytes }) };
}

async function checkObject(
  bucket: Bucket,
  { key, sizeBytes }: StoredObject,
  expected: Expected,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  let length = 0;
  const sum = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      length += chunk.length;
      done();
    },
  });
  try {
    await bucket.stream({ method: 'GET', key }, timeoutFor(sizeBytes), (body) =>
      expected.isPacked ? pipeline(body, createGunzip(), sum) : pipeline(body, sum),
    );
  } catch (error) {
    return (error as Error).message;
  }
  const isRight =
    length === (expected.sizeBytes ?? length) &&
    (expected.sha256 === undefined || hash.digest('hex') === expected.sha256);
  return isRight ? undefined : 'its content has changed';
}
