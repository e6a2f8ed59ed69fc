import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import type { AccountDataPlace } from '../../../accounts/account-data.ts';
import type { Requester } from '../../endpoint.ts';
import { requireOwnUser } from '../../require-own-user.ts';

const maxTypeLength = 255;

/** Account data may be large (key storage, widgets), but it is kept for good and sent to every device. */
export const accountDataLimitBytes = 512 * 1024;

/** Which account data a path names. Throws M_FORBIDDEN for that of others, M_INVALID_PARAM. */
export function accountDataPlace(
  requester: Requester,
  params: { readonly userId: string; readonly roomId?: string; readonly type: string },
): AccountDataPlace {
  requireOwnUser(requester, params.userId);
  if (params.roomId !== undefined) requireRoomId(params.roomId);
  if (params.type.length === 0 || params.type.length > maxTypeLength) {
    throw new MatrixError('M_INVALID_PARAM', `A type has 1 to ${maxTypeLength} characters`);
  }
  return { userId: params.userId, roomId: params.roomId ?? '', type: params.type };
}

/** Throws M_INVALID_PARAM for a text that is no room id. */
export function requireRoomId(roomId: string): void {
  if (!isRoomId(roomId)) throw new MatrixError('M_INVALID_PARAM', 'This is not a valid room id');
}
