import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../platform/context.ts';
import { readReferredContents, readUnusedRemoteMedia } from '../storage/media/read-remote-media.ts';
import { contentPath, storeFolder, thumbnailFolder } from './media-store.ts';
import { forgetRemoteMediaCommand, shardOfRemoteMedia } from './remote-media-commands.ts';

const roundMs = 60 * 60_000;
/** Between two folders of a round: the disk and the database have other work. */
const pauseMs = 50;
/** What an upload stored gets its row long before. */
const youngestOrphanMs = 24 * 60 * 60_000;
const forgottenPerStep = 200;

/**
 * Keeps the store tidy for as long as the process runs: forgets files of other servers that nobody asks for (where
 * `media.remote_lifetime_ms` is set) and deletes contents that no file has any more. One process does it, the one that
 * owns the first shard. Gives how to end it.
 */
export function startMediaUpkeep(context: Context): () => Promise<void> {
  const ending = new AbortController();
  const running = keepTidy(context, ending.signal);
  return async () => {
    ending.abort();
    await running;
  };
}

async function keepTidy(context: Context, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Processes that were started together do not look together.
    await context.clock.sleep(roundMs * (0.5 + context.random.fraction()), signal);
    if (signal.aborted || !context.shardLog.ownedShards().includes(0)) continue;
    try {
      await forgetUnusedRemoteMedia(context, signal);
      await deleteOrphans(context, signal);
    } catch (error) {
      context.log.warn({ err: error }, 'the media store could not be tidied; it is tried again');
    }
  }
}

/** Forgets the files of other servers that nobody asked for during `media.remote_lifetime_ms`. Gives how many. */
export async function forgetUnusedRemoteMedia(context: Context, signal?: AbortSignal): Promise<number> {
  const unusedForMs = context.config.media.remoteLifetimeMs;
  if (unusedForMs === undefined) return 0;
  return await forgetRemoteMediaUnusedFor(context, unusedForMs, { signal });
}

/** Forgets files of other servers that nobody asked for during a time, `most` of them at most. Gives how many. */
export async function forgetRemoteMediaUnusedFor(
  context: Context,
  unusedForMs: number,
  { most = Number.POSITIVE_INFINITY, signal }: { readonly most?: number; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  let count = 0;
  while (!signal?.aborted && count < most) {
    const limit = Math.min(forgottenPerStep, most - count);
    const unused = await readUnusedRemoteMedia(context.database, unusedForMs, limit);
    for (const place of unused) {
      await context.shardLog.submit(forgetRemoteMediaCommand, shardOfRemoteMedia(context, place), {
        ...{ serverName: place.serverName, mediaId: place.mediaId, unusedForMs },
      });
    }
    count += unused.length;
    if (unused.length < limit) break;
  }
  return count;
}

/** Deletes contents, with their thumbnails, that no file has any more. Gives how many. */
export async function deleteOrphans(context: Context, signal?: AbortSignal): Promise<number> {
  const root = join(storeFolder(context), 'content');
  let count = 0;
  for (const outer of await listFolder(root)) {
    for (const inner of await listFolder(join(root, outer))) {
      if (signal?.aborted) return count;
      const names = (await listFolder(join(root, outer, inner))).filter((name) => /^[0-9a-f]{64}$/.test(name));
      const referred = await readReferredContents(context.database, names);
      for (const name of names) {
        if (!referred.has(name) && (await deleteOrphan(context, Buffer.from(name, 'hex')))) count++;
      }
      await context.clock.sleep(pauseMs, signal);
    }
  }
  if (count > 0) context.log.info({ count }, 'contents that no file has any more were deleted from the media store');
  return count;
}

/** An upload of the same content may come at this moment: it is moved away first, looked up again, and moved back. */
async function deleteOrphan(context: Context, hash: Uint8Array): Promise<boolean> {
  const path = contentPath(context, hash);
  if (!(await isOld(context, path))) return false;
  const aside = join(storeFolder(context), 'incoming', `orphan-${context.random.token(18)}`);
  await rename(path, aside);
  const name = Buffer.from(hash).toString('hex');
  const isReferred = (await readReferredContents(context.database, [name])).has(name);
  if (isReferred || !(await isOld(context, aside))) {
    await rename(aside, path);
    return false;
  }
  await rm(aside, { force: true });
  await rm(thumbnailFolder(context, hash), { recursive: true, force: true });
  return true;
}

/** Ages of files are data of the disk: a clock that jumps deletes later or, of what nobody refers to, earlier. */
async function isOld(context: Context, path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  return file !== undefined && context.clock.wallMs() - file.mtimeMs > youngestOrphanMs;
}

async function listFolder(path: string): Promise<string[]> {
  return await readdir(path).catch(() => []);
}
