import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { membershipCodes } from '../storage/rooms/membership-codes.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { findRoomReader } from './room-reader.ts';

/** The joined members by user id, for those who are joined themselves. Two queries. Throws M_FORBIDDEN. */
export async function viewJoinedMembers(context: Context, roomId: string, userId: string): Promise<JsonObject> {
  const { room, membership } = await findRoomReader(context, roomId, userId);
  if (membership !== 'join') throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  const members = await readState(context, room, { membersOnly: true, memberships: [membershipCodes.join] });
  const joined = Object.create(null) as JsonObject;
  for (const { pdu } of members) {
    const { displayname, avatar_url: avatarUrl } = pdu.content;
    joined[pdu.state_key ?? ''] = {
      ...(typeof displayname === 'string' && { display_name: displayname }),
      ...(typeof avatarUrl === 'string' && { avatar_url: avatarUrl }),
    };
  }
  return joined;
}
