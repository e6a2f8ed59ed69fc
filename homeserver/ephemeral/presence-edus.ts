import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { type LogEntry, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import type { AddressedEdu } from '../rooms/addressed-edu.ts';
import { joinedServersOf, serverOfUser } from '../rooms/joined-servers.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import { serversSharingRoomsWith } from '../rooms/servers-of-user.ts';
import type { PresenceState } from '../storage/ephemeral/presence-states.ts';
import { readPresence, readPresenceInRooms, type StoredPresence } from '../storage/ephemeral/read-presence.ts';
import { findRoom } from '../storage/names/room-names.ts';

/** Of the members of a room that another server joins, so many are told about. */
const mostMembers = 100;

/**
 * What other servers are told of who is there: those that share a room with the user.
 * https://spec.matrix.org/v1.19/server-server-api/#presence
 */
export async function edusOfPresence(
  context: Context,
  { body }: LogEntry & { readonly kind: 'presence' },
): Promise<AddressedEdu[]> {
  const { userId, presence, ...rest } = body;
  if (!context.config.presence.enabled || !isUserOfServer(userId, context.serverName)) return [];
  const servers = await serversSharingRoomsWith(context, userId);
  const told = { statusMessage: undefined, ...rest, userId, state: presence as PresenceState };
  return [presenceEdu(context, [told], servers, userId)];
}

/**
 * What follows from somebody's join: the room's other servers are told that a local user is there, and the server of
 * another's user who of the room's local members is there.
 */
export async function presenceEdusOfJoin(
  context: Context,
  entry: LogEntry & { readonly kind: 'event' },
): Promise<AddressedEdu[]> {
  if (!context.config.presence.enabled) return [];
  const { roomId } = entry.body;
  const joined = stateChangesOf(entry).filter(
    ({ type, event, replaced }) =>
      type === 'm.room.member' &&
      event?.body.content['membership'] === 'join' &&
      replaced?.content['membership'] !== 'join',
  );
  const edus = await Promise.all(joined.map(({ stateKey }) => edusOfMember(context, roomId, stateKey)));
  return edus.flat();
}

async function edusOfMember(context: Context, roomId: string, userId: string): Promise<AddressedEdu[]> {
  const servers = await joinedServersOf(context, roomId);
  if (servers.size < 2) return [];
  if (isUserOfServer(userId, context.serverName)) {
    const presence = await readPresence(context, userId);
    return presence && presence.state !== 'offline' ? [presenceEdu(context, [presence], servers, userId)] : [];
  }
  const room = await findRoom(context, roomId);
  const present = room ? await readPresenceInRooms(context, [room.id], undefined, mostMembers) : [];
  const local = present.filter((member) => isUserOfServer(member.userId, context.serverName));
  return local.length === 0 ? [] : [presenceEdu(context, local, new Set([serverOfUser(userId)]), `in ${roomId}`)];
}

function presenceEdu(
  context: Context,
  presences: readonly StoredPresence[],
  servers: ReadonlySet<string>,
  key: string,
): AddressedEdu {
  const push = presences.map(({ userId, state, statusMessage, lastActiveMs, currentlyActive }): JsonObject => {
    return {
      user_id: userId,
      presence: state,
      last_active_ago: Math.max(0, context.clock.wallMs() - lastActiveMs),
      ...(state === 'online' && { currently_active: currentlyActive }),
      ...(statusMessage !== undefined && { status_msg: statusMessage }),
    };
  });
  return { type: 'm.presence', content: { push }, servers, key, keep: 'brief' };
}
