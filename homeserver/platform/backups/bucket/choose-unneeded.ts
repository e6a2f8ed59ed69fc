import { type BackupManifest, firstLogOf, parseManifest } from '../base-backup.ts';
import { parseLogName } from '../log-name.ts';
import type { Bucket } from './bucket.ts';
import { manifestKey, prefixes } from './bucket-keys.ts';
import type { StoredObject } from './objects.ts';
import { listStoredBackups, timeOfId } from './stored-backups.ts';

const dayMs = 24 * 3_600_000;

/**
 * What may go from a bucket. The newest checked base backup from before the weeks that are kept is the first that is
 * needed, counted from the newest checked one there; what is older may go, with its logs. So a new database over an old
 * bucket deletes nothing of the old one for as long as those weeks last. Media go when the folder has let go of them as
 * long ago.
 */
export async function chooseUnneeded(
  bucket: Bucket,
  stored: readonly StoredObject[],
  { keepWeeks, inFolder, media }: { keepWeeks: number; inFolder: ReadonlySet<string>; media: ReadonlySet<string> },
): Promise<StoredObject[]> {
  const verified = listStoredBackups(new Set(stored.map(({ key }) => key))).filter(({ isVerified }) => isVerified);
  const newest = verified.at(-1);
  if (!newest) return [];
  const keepFromMs = timeOfId(newest.id) - keepWeeks * 7 * dayMs;
  const first = verified.findLast(({ id }) => timeOfId(id) + dayMs <= keepFromMs);
  if (!first) return [];
  const manifest = parseManifest((await bucket.ask({ method: 'GET', key: manifestKey(first.id) })).text);
  if (!manifest) return [];
  // `backup.json` first: a backup that is deleted in part is none.
  const isManifest = ({ key }: StoredObject) => Number(key.endsWith('/backup.json'));
  return stored
    .filter((object) => isUnneeded(object, first.id, manifest, inFolder, media))
    .sort((one, other) => isManifest(other) - isManifest(one));
}

function isUnneeded(
  { key, storedAtMs }: StoredObject,
  firstId: string,
  manifest: BackupManifest,
  inFolder: ReadonlySet<string>,
  media: ReadonlySet<string>,
): boolean {
  const [kind, place = '', name = ''] = key.split('/');
  const isOld = storedAtMs < Date.parse(manifest.startedAt) - dayMs;
  if (`${kind}/` === prefixes.bases) return place < firstId && !inFolder.has(place);
  if (`${kind}/` === prefixes.media) return isOld && !media.has(key);
  if (`${kind}/` !== prefixes.logs) return false;
  const log = parseLogName(name.replace(/\.gz$/, ''));
  if (!log) return false;
  return place === manifest.systemIdentifier ? log.number < firstLogOf(manifest).number : isOld;
}
