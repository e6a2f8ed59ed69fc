import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { isLocalUser } from '../check-invitees.ts';
import { membershipIn } from '../hot-room.ts';
import { isServerInRoom, joinedServersOf } from '../joined-servers.ts';
import type { ThirdPartySigned } from '../third-party-invite.ts';
import { askToInvite } from './ask-to-invite.ts';
import { chooseServers } from './choose-servers.ts';
import { joinRemoteRoom } from './join-remote-room.ts';
import { knockOnRemoteRoom } from './knock-on-remote-room.ts';
import { leaveRemoteRoom } from './leave-remote-room.ts';

export interface OwnMembership {
  readonly roomId: string;
  /** Local. */
  readonly userId: string;
  /** 'join', 'knock' or 'leave'. */
  readonly membership: unknown;
  readonly content: JsonObject;
  readonly via: readonly string[];
  readonly thirdPartySigned: ThirdPartySigned | undefined;
}

/**
 * A local user's own join, knock or leave of a room that this server is not in. Returns the member event's id, or
 * undefined where this server decides itself: it is in the room, or was when the last member left.
 * Throws M_NOT_FOUND and what the other servers refuse with.
 */
export async function changeOwnMembershipElsewhere(context: Context, own: OwnMembership): Promise<string | undefined> {
  const { roomId, userId, membership, content, via, thirdPartySigned } = own;
  if (await isServerInRoom(context, roomId)) return undefined;
  const room = await findRoom(context, roomId);
  const member = room && (await readStateEvent(context, room, 'm.room.member', userId));
  const before = membershipIn(member?.pdu);
  const servers = await chooseServers(context, roomId, userId, via);
  if (membership === 'leave') {
    if (!room || !member || (before !== 'invite' && before !== 'knock')) return undefined;
    if (await isEmptyHere(context, room)) return undefined;
    return await leaveRemoteRoom(context, { room, userId, member, content, servers });
  }
  if (room && (await isEmptyHere(context, room))) return undefined;
  if (!context.config.federation.enabled || servers.length === 0) {
    throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
  }
  if (membership === 'knock') return await knockOnRemoteRoom(context, { roomId, userId, content, servers });
  if (thirdPartySigned && before !== 'invite' && !isLocalUser(context, thirdPartySigned.sender)) {
    const { sender } = thirdPartySigned;
    await askToInvite(context, { roomId, sender, target: userId, signed: thirdPartySigned });
  }
  const named = servers.filter((server) => via.includes(server)).length;
  return await joinRemoteRoom(context, { roomId, userId, content, servers, named });
}

/** This server knew the room to the end: nobody is joined, so nobody else can let anybody in. */
async function isEmptyHere(context: Context, room: RoomName): Promise<boolean> {
  if ((await joinedServersOf(context, room.roomId)).size > 0) return false;
  return (await readStateEvent(context, room, 'm.room.create', '')) !== undefined;
}
