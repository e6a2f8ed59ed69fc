import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { chooseVariant, type ThumbnailRequest, type ThumbnailVariant } from './choose-thumbnail.ts';
import {
  isThumbnailType,
  type MadeThumbnail,
  makeThumbnail,
  pictureType,
  type ThumbnailType,
} from './make-thumbnail.ts';
import { contentPath, thumbnailFolder, writeAtomically } from './media-store.ts';
import { openContent } from './open-content.ts';

export interface FoundThumbnail {
  readonly contentType: ThumbnailType;
  /** To be closed by the caller; or the bytes, where they are not kept. */
  readonly body: FileHandle | Uint8Array;
  readonly sizeBytes: number;
  /** Tells it from other thumbnails of the same file. */
  readonly name: string;
}

/** Pictures decoded at once: each takes up to four bytes a pixel. */
const mostAtOnce = 2;
const mostWaiting = 100;
/** Thumbnails that the store keeps of one file; whoever asks for more sizes than that waits for each anew. */
const mostKept = 32;

let running = 0;
const waiting: (() => void)[] = [];
const underWay = new Map<string, Promise<MadeThumbnail>>();

/** How many thumbnails wait for others to be made. */
export function waitingThumbnails(): number {
  return waiting.length;
}

/**
 * A thumbnail of a file by its hash: from the store, or made now and kept there. Throws M_UNKNOWN for what is no
 * picture, M_TOO_LARGE for one with too many pixels, M_LIMIT_EXCEEDED when too many are being made.
 * https://spec.matrix.org/v1.19/client-server-api/#thumbnails
 */
export async function findThumbnail(
  context: Context,
  hash: Uint8Array,
  request: ThumbnailRequest,
): Promise<FoundThumbnail> {
  const variant = chooseVariant(request);
  const name = variant?.name ?? `original${request.animated ? '-animated' : ''}`;
  const kept = await openKept(context, hash, name);
  if (kept) return kept;
  const made = await makeShared(context, hash, name, variant, request.animated);
  if ('original' in made) return await openOriginal(context, hash, name, made.original);
  const contentType = pictureType(made.bytes) as ThumbnailType;
  return { contentType, body: made.bytes, sizeBytes: made.bytes.length, name };
}

async function openKept(context: Context, hash: Uint8Array, name: string): Promise<FoundThumbnail | undefined> {
  const body = await open(join(thumbnailFolder(context, hash), name), 'r').catch(() => undefined);
  if (!body) return undefined;
  const { size: sizeBytes } = await body.stat();
  const { buffer, bytesRead } = await body.read(Buffer.alloc(16), 0, 16, 0);
  const contentType = pictureType(buffer.subarray(0, bytesRead));
  if (contentType) return { contentType: contentType as ThumbnailType, body, sizeBytes, name };
  // The picture is its own thumbnail: what is kept is its type, as text.
  await body.close();
  const original = buffer.toString('latin1', 0, bytesRead);
  return isThumbnailType(original) ? await openOriginal(context, hash, name, original) : undefined;
}

async function openOriginal(
  context: Context,
  hash: Uint8Array,
  name: string,
  contentType: ThumbnailType,
): Promise<FoundThumbnail> {
  const body = await openContent(context, hash);
  return { contentType, body, sizeBytes: (await body.stat()).size, name };
}

/** Requests for the same thumbnail at the same time make it once. */
function makeShared(
  context: Context,
  hash: Uint8Array,
  name: string,
  variant: ThumbnailVariant | undefined,
  animated: boolean,
): Promise<MadeThumbnail> {
  const key = join(thumbnailFolder(context, hash), name);
  const known = underWay.get(key);
  if (known) return known;
  const making = makeAndKeep(context, hash, name, variant, animated).finally(() => underWay.delete(key));
  underWay.set(key, making);
  return making;
}

async function makeAndKeep(
  context: Context,
  hash: Uint8Array,
  name: string,
  variant: ThumbnailVariant | undefined,
  animated: boolean,
): Promise<MadeThumbnail> {
  // Whether it is there at all, before anybody waits for it.
  await (await openContent(context, hash)).close();
  const { maxThumbnailPixels } = context.config.media;
  const release = await takeTurn();
  try {
    const made = await makeThumbnail(contentPath(context, hash), variant, animated, maxThumbnailPixels);
    await keep(context, hash, name, 'original' in made ? Buffer.from(made.original) : made.bytes);
    return made;
  } finally {
    release();
  }
}

/** A thumbnail that cannot be kept is given all the same. */
async function keep(context: Context, hash: Uint8Array, name: string, bytes: Uint8Array): Promise<void> {
  const folder = thumbnailFolder(context, hash);
  const names = await readdir(folder).catch(() => []);
  if (names.length >= mostKept) return;
  await writeAtomically(context, join(folder, name), bytes).catch((error: unknown) =>
    context.log.warn({ err: error }, 'a thumbnail could not be kept'),
  );
}

async function takeTurn(): Promise<() => void> {
  if (running >= mostAtOnce) {
    if (waiting.length >= mostWaiting) {
      throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many thumbnails are being made', {
        fields: { retry_after_ms: 1_000 },
      });
    }
    // Who leaves hands its turn over.
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running++;
  }
  return () => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
}
