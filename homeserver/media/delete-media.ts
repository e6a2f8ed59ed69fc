import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readMedia, readMediaUsage } from '../storage/media/read-media.ts';
import { readRemoteMedia } from '../storage/media/read-remote-media.ts';
import { deleteMediaRow, setMediaUsage } from '../storage/media/write-media.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import type { MediaPlace } from './quarantine-media.ts';
import { forgetRemoteMediaCommand, shardOfRemoteMedia } from './remote-media-commands.ts';
import { mediaKey } from './upload-media.ts';

interface DeleteInput {
  readonly mediaId: string;
  readonly userId: string;
}

export const deleteMediaCommand: Command<DeleteInput, null> = {
  name: 'delete-media',
  key: mediaKey,
  releases: 'committed',
  async decide(shard, { mediaId, userId }) {
    const { database } = shard.context;
    const [media, usedBytes] = await Promise.all([readMedia(database, mediaId), readMediaUsage(database, userId)]);
    if (media?.userId !== userId) return { result: null };
    const left = Math.max(0, usedBytes - (media.sizeBytes ?? 0));
    const writes = [deleteMediaRow(mediaId), setMediaUsage(userId, left)];
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

/**
 * Deletes a file of this server, or this server's copy of another's. Nobody gets it from the moment on; the bytes go from
 * the disk within a day or two, unless another file has the same. Throws M_NOT_FOUND.
 */
export async function deleteMedia(context: Context, place: MediaPlace): Promise<void> {
  const { serverName, mediaId } = place;
  if (serverName !== context.serverName) {
    if (!(await readRemoteMedia(context.database, serverName, mediaId))) throw noSuchFile();
    // Whenever it was last used.
    const input = { serverName, mediaId, unusedForMs: -60_000 };
    await context.shardLog.submit(forgetRemoteMediaCommand, shardOfRemoteMedia(context, place), input);
    return;
  }
  const media = await readMedia(context.database, mediaId);
  if (!media) throw noSuchFile();
  const { userId } = media;
  await context.shardLog.submit(deleteMediaCommand, shardOfUser(context, userId), { mediaId, userId });
}

function noSuchFile(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'There is no such file here');
}
