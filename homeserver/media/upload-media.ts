import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { makeMxcUri } from '@holdfast/protocol/identifiers/mxc-uri.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readMedia, readMediaUsage } from '../storage/media/read-media.ts';
import { putMediaContent, setMediaUsage } from '../storage/media/write-media.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { chooseContentType } from './content-type.ts';
import { reserveSpace } from './free-space.ts';
import { storeContent } from './media-store.ts';
import { beginUpload } from './running-uploads.ts';
import { announceUpload } from './wait-for-media.ts';

/** The commands on a user's files run one after another, each on what the one before has committed. */
export function mediaKey({ userId }: { readonly userId: string }): string {
  return `media ${userId}`;
}

interface AddMediaInput {
  readonly mediaId: string;
  readonly userId: string;
  readonly createdMs: number;
  /** SHA-256, base64. */
  readonly content: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly fileName: string | null;
  /** The id was made before and waits for this file. */
  readonly isAnnounced: boolean;
}

export const addMediaCommand: Command<AddMediaInput, null> = {
  name: 'add-media',
  key: mediaKey,
  releases: 'committed',
  async decide(shard, input) {
    const { database, config } = shard.context;
    const { mediaId, userId, sizeBytes, isAnnounced } = input;
    const content = Buffer.from(input.content, 'base64');
    const [known, usedBytes] = await Promise.all([readMedia(database, mediaId), readMediaUsage(database, userId)]);
    // Asked for again after a lost answer.
    if (!isAnnounced && known?.userId === userId && known.content && content.equals(known.content)) {
      return { result: null };
    }
    if (isAnnounced) checkAnnounced(known, userId);
    checkQuota(config.media.userQuotaBytes, usedBytes, sizeBytes);
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [
        putMediaContent({ ...input, content, authenticated: config.media.authenticatedDownloads }),
        setMediaUsage(userId, usedBytes + sizeBytes),
      ],
    }));
    return { result: null, committed };
  },
};

function checkAnnounced(media: Awaited<ReturnType<typeof readMedia>>, userId: string): void {
  if (!media || media.isExpired) throw new MatrixError('M_NOT_FOUND', 'Unknown media id, or it has expired');
  if (media.userId !== userId) throw new MatrixError('M_FORBIDDEN', 'This media id was made by another user');
  if (media.content) throw new MatrixError('M_CANNOT_OVERWRITE_MEDIA', 'This media id has its file already');
}

function checkQuota(quotaBytes: number | undefined, usedBytes: number, sizeBytes: number): void {
  if (quotaBytes === undefined || usedBytes + sizeBytes <= quotaBytes) return;
  throw new MatrixError('M_FORBIDDEN', `You may store at most ${quotaBytes} bytes in all`);
}

export interface MediaUpload {
  readonly userId: string;
  /** Of an id that was made before; absent: a new one. */
  readonly mediaId?: string;
  /** As the client says. */
  readonly contentType: string | undefined;
  readonly fileName?: string | undefined;
  /** Bytes as announced by the client, if they were. */
  readonly sizeBytes?: number | undefined;
  readonly source: AsyncIterable<Uint8Array>;
}

/**
 * Stores a file and returns its mxc:// URI once it is durable. Everything that can be refused is refused before the
 * first byte is read. Throws M_TOO_LARGE, M_FORBIDDEN (quota, another user's id), M_NOT_FOUND (unknown or expired id),
 * M_CANNOT_OVERWRITE_MEDIA, M_LIMIT_EXCEEDED (too many at once), M_UNKNOWN with status 507 (disk full).
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav3upload
 */
export async function uploadMedia(context: Context, upload: MediaUpload): Promise<string> {
  const { userId } = upload;
  const { maxUploadBytes, userQuotaBytes } = context.config.media;
  const expectedBytes = upload.sizeBytes ?? 0;
  if (expectedBytes > maxUploadBytes) {
    throw new MatrixError('M_TOO_LARGE', `Files may have at most ${maxUploadBytes} bytes`);
  }
  if (upload.mediaId !== undefined) checkAnnounced(await readMedia(context.database, upload.mediaId), userId);
  const usedBytes = userQuotaBytes === undefined ? 0 : await readMediaUsage(context.database, userId);
  checkQuota(userQuotaBytes, usedBytes, expectedBytes);
  const endUpload = beginUpload(userId);
  try {
    const release = await reserveSpace(context, upload.sizeBytes ?? maxUploadBytes);
    return await receiveContent(context, upload).finally(release);
  } finally {
    endUpload();
  }
}

async function receiveContent(context: Context, upload: MediaUpload): Promise<string> {
  const { userId, fileName = null } = upload;
  const stored = await storeContent(context, upload.source, context.config.media.maxUploadBytes);
  const mediaId = upload.mediaId ?? makeMediaId(context);
  await context.shardLog.submit(addMediaCommand, shardOfUser(context, userId), {
    ...{ mediaId, userId, fileName, sizeBytes: stored.sizeBytes },
    contentType: chooseContentType(upload.contentType, stored.head),
    content: Buffer.from(stored.hash).toString('base64'),
    createdMs: context.clock.wallMs(),
    isAnnounced: upload.mediaId !== undefined,
  });
  announceUpload(context, mediaId);
  return makeMxcUri(context.serverName, mediaId);
}

/** 144 random bits: whoever has not been told an id does not find it. */
export function makeMediaId(context: Context): string {
  return context.random.token(18);
}
