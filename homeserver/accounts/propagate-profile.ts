import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { changeMembership } from '../rooms/change-membership.ts';
import { readProfile } from '../storage/accounts/read-profiles.ts';
import { forEachRoomOf } from './for-each-room.ts';

/**
 * Puts a user's display name and avatar into the member events of all rooms that the user is joined to. A room where
 * they stand already gets no event, so it may be done again at any time.
 * https://spec.matrix.org/v1.19/client-server-api/#events-on-change-of-profile-information
 */
export async function propagateProfile(context: Context, userId: string): Promise<void> {
  const { displayname, avatar_url: avatarUrl } = await readProfile(context.database, userId);
  const content: JsonObject = {
    ...(displayname !== undefined && { displayname }),
    ...(avatarUrl !== undefined && { avatar_url: avatarUrl }),
  };
  await forEachRoomOf(context, userId, async ({ roomId, membership }) => {
    if (membership !== 'join') return;
    await changeMembership(context, { roomId, action: 'update', sender: userId, target: userId, content });
  });
}
