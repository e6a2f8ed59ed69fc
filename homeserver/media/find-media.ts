import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isMediaId } from '@holdfast/protocol/identifiers/mxc-uri.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import type { Context } from '../platform/context.ts';
import { isQuarantined } from '../storage/media/read-quarantine.ts';
import { readRemoteMedia } from '../storage/media/read-remote-media.ts';
import type { AvailableFile } from './available-file.ts';
import { fetchRemoteMedia } from './fetch-remote-media.ts';
import { noteRemoteMediaUseCommand, shardOfRemoteMedia } from './remote-media-commands.ts';
import { waitForMedia } from './wait-for-media.ts';

export interface FindMediaOptions {
  /** For the upload of an own file that was announced, and for the other server to have it. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Ask the file's own server when it is not here. */
  readonly allowRemote: boolean;
  /** The request says who sent it: it may have files that are not for everybody. */
  readonly isAuthenticated: boolean;
}

/**
 * The file of an mxc:// URI, of this server or of another one. Throws M_NOT_FOUND, M_NOT_YET_UPLOADED, M_TOO_LARGE
 * (502: the other server's file is larger than this one takes), M_LIMIT_EXCEEDED.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
 */
export async function findMedia(
  context: Context,
  place: { readonly serverName: string; readonly mediaId: string },
  options: FindMediaOptions,
): Promise<AvailableFile> {
  if (place.serverName === context.serverName) {
    const media = await waitForMedia(context, place.mediaId, options.timeoutMs, options.signal);
    if (media.authenticated && !options.isAuthenticated) throw fileNotFound();
    return media;
  }
  if (!isServerName(place.serverName) || !isMediaId(place.mediaId)) throw fileNotFound();
  if (await isQuarantined(context.database, place.serverName, place.mediaId)) throw fileNotFound();
  const known = await readRemoteMedia(context.database, place.serverName, place.mediaId);
  if (known) {
    if (known.authenticated && !options.isAuthenticated) throw fileNotFound();
    if (known.isUseOld) noteUse(context, place);
    return known;
  }
  // A file that is fetched now would be one of those that are not given out here.
  const isWithheld = context.config.media.authenticatedDownloads && !options.isAuthenticated;
  if (!options.allowRemote || isWithheld) throw fileNotFound();
  return await fetchRemoteMedia(context, place, options);
}

function fileNotFound(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'There is no such file');
}

/** Nobody waits for it, and a note that is lost is made by the next reader. */
function noteUse(context: Context, place: { readonly serverName: string; readonly mediaId: string }): void {
  const { serverName, mediaId } = place;
  context.shardLog
    .submit(noteRemoteMediaUseCommand, shardOfRemoteMedia(context, place), { serverName, mediaId })
    .catch((error: unknown) => context.log.warn({ err: error }, 'the use of a file could not be noted'));
}
