import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { type MediaDescription, readMediaDescription } from '../storage/media/read-media-description.ts';
import type { MediaPlace } from './quarantine-media.ts';

/** What is known of a file of this server, or of its copy of another's. Throws M_NOT_FOUND. */
export async function describeMedia(context: Context, place: MediaPlace): Promise<MediaDescription> {
  const isOwn = place.serverName === context.serverName;
  const found = await readMediaDescription(context.database, place, isOwn);
  if (!found) throw new MatrixError('M_NOT_FOUND', 'There is no such file here');
  return found;
}
