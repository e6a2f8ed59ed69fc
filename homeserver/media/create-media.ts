import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { makeMxcUri } from '@holdfast/protocol/identifiers/mxc-uri.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readMedia, readPendingMedia } from '../storage/media/read-media.ts';
import { deleteExpiredMedia, insertPendingMedia, type PendingMedia } from '../storage/media/write-media.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { makeMediaId, mediaKey } from './upload-media.ts';

export const createMediaCommand: Command<PendingMedia, null> = {
  name: 'create-media',
  key: mediaKey,
  releases: 'committed',
  async decide(shard, input) {
    const { database, config } = shard.context;
    const [known, pending] = await Promise.all([
      readMedia(database, input.mediaId),
      readPendingMedia(database, input.userId),
    ]);
    // Asked for again after a lost answer.
    if (known) return { result: null };
    if (pending.count >= config.media.pendingUploads) {
      throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many media ids wait for their files', {
        fields: { retry_after_ms: Math.max(1, Math.ceil(pending.firstEndsInMs)) },
      });
    }
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [deleteExpiredMedia(input.userId), insertPendingMedia(input)],
    }));
    return { result: null, committed };
  },
};

export interface CreatedMedia {
  readonly contentUri: string;
  /** Milliseconds since 1970, as data: the id is deleted by then unless its file was uploaded. */
  readonly unusedExpiresAtMs: number;
}

/**
 * Makes an mxc:// URI whose file is uploaded later. Throws M_LIMIT_EXCEEDED.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav1create
 */
export async function createMedia(context: Context, userId: string): Promise<CreatedMedia> {
  const lifetimeMs = context.config.media.pendingLifetimeMs;
  const mediaId = makeMediaId(context);
  const createdMs = context.clock.wallMs();
  await context.shardLog.submit(createMediaCommand, shardOfUser(context, userId), {
    ...{ mediaId, userId, createdMs, lifetimeMs },
  });
  return { contentUri: makeMxcUri(context.serverName, mediaId), unusedExpiresAtMs: createdMs + lifetimeMs };
}
