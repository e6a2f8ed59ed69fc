import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Requester } from '../../endpoint.ts';
import { requireOwnUser } from '../../require-own-user.ts';
import { requireRoomId } from '../account-data/account-data-place.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#room-tagging */
const maxTagBytes = 255;

/** Throws M_FORBIDDEN or M_INVALID_PARAM unless the path names a tag that the requester may set. */
export function requireTag(
  requester: Requester,
  params: { readonly userId: string; readonly roomId: string; readonly tag: string },
): void {
  requireOwnUser(requester, params.userId);
  requireRoomId(params.roomId);
  const sizeBytes = Buffer.byteLength(params.tag);
  if (sizeBytes === 0 || sizeBytes > maxTagBytes) {
    throw new MatrixError('M_INVALID_PARAM', `A tag has 1 to ${maxTagBytes} bytes`);
  }
}
