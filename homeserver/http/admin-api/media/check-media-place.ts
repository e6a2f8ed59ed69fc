import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isMediaId } from '@holdfast/protocol/identifiers/mxc-uri.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import type { MediaPlace } from '../../../media/quarantine-media.ts';

/** Throws M_INVALID_PARAM for what names no file. */
export function checkMediaPlace({ serverName, mediaId }: MediaPlace): MediaPlace {
  if (!isServerName(serverName) || !isMediaId(mediaId)) {
    throw new MatrixError('M_INVALID_PARAM', 'This is not the name of a server and the id of a file');
  }
  return { serverName, mediaId };
}
