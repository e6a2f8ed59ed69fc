import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackupError } from '../backup-error.ts';
import type { StoredFile } from './media-places.ts';

const chunkBytes = 256 * 1024;

/** What is to be copied, and what the copy may cost. */
export interface ContentCopy {
  readonly content: StoredFile;
  readonly target: string;
  /** What stays free on the target's volume. */
  readonly reserveBytes: number;
  /** Whether the same bytes on the disk will do, under a second name. */
  readonly mayLink: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a content, whole or not at all: under another name first, read and summed on the way, on the disk, then
 * renamed. Gives false, and leaves nothing, when it is not what its name says. On one volume a second name of the file
 * does (`mayLink`): contents never change, so that costs nothing. Throws BackupError where there is no room.
 */
export async function copyContent({ content, target, reserveBytes, mayLink, signal }: ContentCopy): Promise<boolean> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const partial = `${target}.partial`;
  await rm(partial, { force: true });
  if (mayLink && (await tryLink(content.file, partial))) {
    if (await isSound(content, signal)) {
      await rename(partial, target);
      return true;
    }
    await rm(partial, { force: true });
    return false;
  }
  await requireRoom(folder, content.sizeBytes, reserveBytes);
  const { hash, through } = summing();
  try {
    const writer = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(createReadStream(content.file, { highWaterMark: chunkBytes }), through, writer, { signal });
    if (hash.digest('hex') !== basename(target)) {
      await rm(partial, { force: true });
      return false;
    }
    await rename(partial, target);
    return true;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Whether a file holds what its name, a SHA-256, says. */
export async function isSound({ file, name }: StoredFile, signal?: AbortSignal): Promise<boolean> {
  const { hash, through } = summing();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(file, { highWaterMark: chunkBytes }), through, nowhere, { signal });
  return hash.digest('hex') === name;
}

/** Sees to it that the names in a folder are on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function summing() {
  const hash = createHash('sha256');
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { hash, through };
}

/** Other volumes, and file systems without second names, say no. */
async function tryLink(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    () => false,
  );
}

async function requireRoom(folder: string, sizeBytes: number, reserveBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize - sizeBytes >= reserveBytes) return;
  const inMebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new BackupError(
    `${folder} has ${inMebibytes(bavail * bsize)} free; a file needs ${inMebibytes(sizeBytes)}, and ` +
      `${inMebibytes(reserveBytes)} stay free (backup.reserve_bytes)`,
  );
}
