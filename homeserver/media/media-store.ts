import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { mediaFolder } from '../platform/config/media-folder.ts';
import type { Context } from '../platform/context.ts';

/** What the store keeps of one upload. */
export interface StoredContent {
  /** SHA-256. */
  readonly hash: Uint8Array;
  readonly sizeBytes: number;
  /** How it begins: enough to tell what it is. */
  readonly head: Uint8Array;
}

const headBytes = 4_096;

const staleTemporaryMs = 24 * 60 * 60_000;

/**
 * The folder of all files: `content/ab/cd/<SHA-256>` for uploads, `thumbnails/ab/cd/<SHA-256>/...` for what is made of
 * them, `incoming/` for what is not whole yet. Processes of one homeserver share it.
 */
export function storeFolder({ config }: Context): string {
  return mediaFolder(config);
}

/** Where the content of a SHA-256 lies. Two levels of folders keep each of them small. */
export function contentPath(context: Context, hash: Uint8Array): string {
  return join(storeFolder(context), 'content', ...shardedName(hash));
}

export function thumbnailFolder(context: Context, hash: Uint8Array): string {
  return join(storeFolder(context), 'thumbnails', ...shardedName(hash));
}

function shardedName(hash: Uint8Array): string[] {
  const name = Buffer.from(hash).toString('hex');
  return [name.slice(0, 2), name.slice(2, 4), name];
}

/**
 * Stores bytes as they come, in constant memory. When it resolves they are durable under their hash: written and synced
 * under a temporary name, then renamed, then the folder synced. The same content takes the same place.
 * Throws M_TOO_LARGE after `limitBytes`, M_UNKNOWN with status 507 when the disk is full; nothing is left then, or when
 * the source fails.
 */
export async function storeContent(
  context: Context,
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<StoredContent> {
  const temporary = await openTemporary(context);
  try {
    const stored = await writeContent(temporary.file, source, limitBytes);
    await temporary.file.sync();
    await temporary.file.close();
    await moveDurably(temporary.path, contentPath(context, stored.hash));
    return stored;
  } catch (error) {
    await temporary.file.close().catch(() => {});
    await rm(temporary.path, { force: true });
    throw isDiskFull(error) ? diskFull() : error;
  }
}

function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** What is answered to uploads that the disk has no room for. */
export function diskFull(): MatrixError {
  return new MatrixError('M_UNKNOWN', 'The server has no space for more files', { status: 507 });
}

async function writeContent(
  file: FileHandle,
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<StoredContent> {
  const hash = createHash('sha256');
  const headChunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    if (sizeBytes < headBytes) headChunks.push(chunk.subarray(0, headBytes - sizeBytes));
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw new MatrixError('M_TOO_LARGE', `Files may have at most ${limitBytes} bytes`);
    hash.update(chunk);
    await writeWhole(file, chunk);
  }
  return { hash: hash.digest(), sizeBytes, head: Buffer.concat(headChunks) };
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    written += (await file.write(chunk, written)).bytesWritten;
  }
}

/** Puts whole bytes at a path of the store at once: there or not there, never in part. */
export async function writeAtomically(context: Context, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = await openTemporary(context);
  try {
    await writeWhole(temporary.file, bytes);
    await temporary.file.sync();
    await temporary.file.close();
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary.path, path);
  } catch (error) {
    await temporary.file.close().catch(() => {});
    await rm(temporary.path, { force: true });
    throw error;
  }
}

/** Stores that this process has cleaned up. */
const cleanedStores = new Set<string>();

async function openTemporary(context: Context): Promise<{ readonly path: string; readonly file: FileHandle }> {
  const folder = join(storeFolder(context), 'incoming');
  await mkdir(folder, { recursive: true });
  if (!cleanedStores.has(folder)) {
    cleanedStores.add(folder);
    await deleteStaleTemporaries(context, folder);
  }
  const path = join(folder, context.random.token(18));
  return { path, file: await open(path, 'wx', 0o600) };
}

/** Renames over what is there: content of the same hash is the same, and the newest copy is known to be synced. */
async function moveDurably(from: string, to: string): Promise<void> {
  const folder = dirname(to);
  const firstMade = await mkdir(folder, { recursive: true });
  await rename(from, to);
  await syncFolder(folder);
  if (firstMade === undefined) return;
  // New folders are entries of the folders above them, which are as little durable.
  for (let made = folder; made.length >= firstMade.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Deletes what uploads left unfinished when their process ended, once it is certainly nobody's. */
async function deleteStaleTemporaries(context: Context, folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    const file = await stat(path).catch(() => undefined);
    if (file && context.clock.wallMs() - file.mtimeMs > staleTemporaryMs) await rm(path, { force: true });
  }
}
