import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import { BackupError } from '../backup-error.ts';
import { copyContent, syncFolder } from './copy-content.ts';
import { contentFolder, goneFolder, listContents, listLeaves, mediaBackupRoot, sizeOfFile } from './media-places.ts';
import { reportProgress } from './report-progress.ts';

/** What is known of a folder of the store since it was last looked at. */
interface KnownLeaf {
  readonly mtimeMs: number;
  readonly files: number;
  readonly sizeBytes: number;
}

/** What a pass leaves for the next one, so that only folders that changed are read again. */
export type MediaMemory = Map<string, KnownLeaf>;

export interface MediaBackup {
  /** The folder of the media store. */
  readonly store: string;
  /** Of the backups. */
  readonly folder: string;
  readonly reserveBytes: number;
  /** Contents that the store deleted before this time are deleted here too; undefined: none. */
  readonly forgetGoneBeforeMs: number | undefined;
  readonly clock: Clock;
  readonly memory?: MediaMemory;
  readonly signal?: AbortSignal;
  /** Says how far it is, now and then. */
  readonly say?: (text: string) => void;
}

export interface MediaBackupResult {
  /** In the store, and in the backup when this resolves. */
  readonly files: number;
  readonly sizeBytes: number;
  readonly copiedFiles: number;
  readonly copiedBytes: number;
  /** Contents of the store that are not what their names say: they are not copied. At most 20 are named. */
  readonly damaged: readonly string[];
}

const namedDamages = 20;
const settledMs = 2_000;

/**
 * Brings what the media store has and the backup has not: contents never change and are named by their SHA-256, so each
 * is copied once. What the store has deleted stays for a while. Throws BackupError where there is no room, or where the store looks as if its volume were not mounted.
 */
export async function backUpMedia(backup: MediaBackup): Promise<MediaBackupResult> {
  const { store, folder, memory = new Map(), signal } = backup;
  const root = mediaBackupRoot(folder);
  const leaves = await joinLeaves(store, root);
  const damaged: string[] = [];
  const total = { files: 0, sizeBytes: 0, copiedFiles: 0, copiedBytes: 0 };
  const say = reportProgress(backup.clock, backup.say);
  for (const leaf of leaves) {
    signal?.throwIfAborted();
    const mtimeMs = (await stat(join(contentFolder(store), leaf)).catch(() => undefined))?.mtimeMs ?? 0;
    let known = memory.get(leaf);
    if (known?.mtimeMs !== mtimeMs) {
      const found = await backUpLeaf(backup, leaf);
      known = { mtimeMs, files: found.files, sizeBytes: found.sizeBytes };
      // One that changed just now may change again without another time to show for it.
      const isSettled = Math.abs(backup.clock.wallMs() - mtimeMs) > settledMs;
      if (isSettled && found.damaged.length === 0) memory.set(leaf, known);
      total.copiedFiles += found.copiedFiles;
      total.copiedBytes += found.copiedBytes;
      damaged.push(...found.damaged.slice(0, namedDamages - damaged.length));
    }
    total.files += known.files;
    total.sizeBytes += known.sizeBytes;
    say(() => `media: ${total.copiedFiles} files copied, ${total.files} looked at, at folder ${leaf} of ff/ff`);
  }
  await forgetGone(backup);
  return { ...total, damaged };
}

/** The folders of the store and of the backup. A store that has lost everything is not believed. */
async function joinLeaves(store: string, root: string): Promise<string[]> {
  const [inStore, inBackup] = await Promise.all([
    Array.fromAsync(listLeaves(store)),
    Array.fromAsync(listLeaves(root)),
  ]);
  if (inStore.length === 0 && inBackup.length > 0) {
    throw new BackupError(`the media store ${store} is empty, and its backup is not. Mount its volume, or restore it`);
  }
  return [...new Set([...inStore, ...inBackup])].sort();
}

async function backUpLeaf({ store, folder, reserveBytes, clock, signal }: MediaBackup, leaf: string) {
  const root = mediaBackupRoot(folder);
  const [from, to] = [join(contentFolder(store), leaf), join(contentFolder(root), leaf)];
  const [names, present] = await Promise.all([listContents(from), listContents(to)]);
  const found = { files: 0, sizeBytes: 0, copiedFiles: 0, copiedBytes: 0, damaged: [] as string[] };
  for (const name of names) {
    const file = join(from, name);
    const sizeBytes = await sizeOfFile(file);
    // Deleted a moment ago.
    if (sizeBytes === undefined) continue;
    if ((await sizeOfFile(join(to, name))) !== sizeBytes) {
      const content = { name, file, sizeBytes };
      if (!(await copyContent({ content, target: join(to, name), reserveBytes, mayLink: true, signal }))) {
        found.damaged.push(name);
        continue;
      }
      found.copiedFiles += 1;
      found.copiedBytes += sizeBytes;
    }
    found.files += 1;
    found.sizeBytes += sizeBytes;
  }
  const gone = present.filter((name) => !names.includes(name));
  for (const name of gone) await setAside(join(to, name), root, name, clock);
  if (found.copiedFiles > 0) await syncFolder(to);
  return found;
}

/** Its time becomes that of now: from then on it is kept for as long as what was deleted is. */
async function setAside(file: string, root: string, name: string, clock: Clock): Promise<void> {
  await mkdir(goneFolder(root), { recursive: true, mode: 0o700 });
  const nowSeconds = clock.wallMs() / 1_000;
  await utimes(file, nowSeconds, nowSeconds);
  await rename(file, join(goneFolder(root), name));
}

/** Deletes what no time that can be restored needs any more. */
async function forgetGone({ folder, forgetGoneBeforeMs }: MediaBackup): Promise<void> {
  if (forgetGoneBeforeMs === undefined) return;
  const gone = goneFolder(mediaBackupRoot(folder));
  for (const name of await listContents(gone)) {
    const file = join(gone, name);
    const found = await stat(file).catch(() => undefined);
    if (found && found.mtimeMs < forgetGoneBeforeMs) await rm(file, { force: true });
  }
}
