import { parsePowerLevels, requiredPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { isPublished } from '../../storage/directory/read-published-rooms.ts';
import { type NetworkName, setListedOn, setPublished } from '../../storage/directory/write-published-rooms.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { shardOfRoom } from '../../storage/names/shard-of.ts';
import type { HotRoom } from '../hot-room.ts';
import { hotRooms } from '../hot-rooms.ts';
import { loadMembers } from '../load-hot-room.ts';
import { powerLevelIn } from '../power-level-in.ts';
import { checkJoined } from '../room-command.ts';

export type DirectoryVisibility = 'public' | 'private';

interface PublishInput {
  readonly roomId: string;
  readonly userId: string;
  readonly isAdmin: boolean;
  readonly published: boolean;
}

export const publishRoomCommand: Command<PublishInput, Record<string, never>> = {
  name: 'publish-room',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, { roomId, userId, isAdmin, published }) {
    const room = await shard.remember(hotRooms).load(roomId);
    if (!room) throw roomNotFound();
    await loadMembers(shard.context, room, [userId]);
    if (!isAdmin) checkMayPublish(room, userId);
    const committed = shard.append(0, () => ({ entries: [], writes: [setPublished(room.name.id, published)] }));
    return { result: {}, committed };
  },
};

function roomNotFound(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'Room not found');
}

/** As for the room's canonical alias, which the directory shows. */
function checkMayPublish(room: HotRoom, userId: string): void {
  checkJoined(room, userId);
  const powerLevels = parsePowerLevels(room.rules, room.get('m.room.power_levels', ''));
  const level = requiredPowerLevel(powerLevels, 'm.room.canonical_alias', true);
  if (powerLevelIn(room, userId) < level) {
    throw new MatrixError('M_FORBIDDEN', `Changing the room directory needs a power level of ${level}`);
  }
}

/**
 * Puts a room into the public directory, or takes it out: moderators of the room and administrators may.
 * Throws M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directorylistroomroomid
 */
export async function setDirectoryVisibility(
  context: Context,
  user: { readonly userId: string; readonly isAdmin: boolean },
  roomId: string,
  visibility: DirectoryVisibility,
): Promise<void> {
  await context.shardLog.submit(publishRoomCommand, await shardOfRoom(context, roomId), {
    roomId,
    userId: user.userId,
    isAdmin: user.isAdmin,
    published: visibility === 'public',
  });
}

/** Throws M_NOT_FOUND. */
export async function getDirectoryVisibility(context: Context, roomId: string): Promise<DirectoryVisibility> {
  const room = await findRoom(context, roomId);
  if (!room) throw roomNotFound();
  return (await isPublished(context, room.id)) ? 'public' : 'private';
}

interface ListInput {
  readonly roomId: string;
  readonly network: NetworkName;
  readonly listed: boolean;
}

export const listRoomOnNetworkCommand: Command<ListInput, Record<string, never>> = {
  name: 'list-room-on-network',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, { roomId, network, listed }) {
    const room = await findRoom(shard.context, roomId);
    if (!room) throw roomNotFound();
    const committed = shard.append(0, () => ({ entries: [], writes: [setListedOn(network, room.id, listed)] }));
    return { result: {}, committed };
  },
};

/**
 * Puts a room into the list of an application service's network, or takes it out: the service alone decides.
 * Throws M_NOT_FOUND. https://spec.matrix.org/v1.19/application-service-api/#application-service-room-directories
 */
export async function setNetworkVisibility(
  context: Context,
  network: NetworkName,
  roomId: string,
  visibility: DirectoryVisibility,
): Promise<void> {
  const input = { roomId, network, listed: visibility === 'public' };
  await context.shardLog.submit(listRoomOnNetworkCommand, await shardOfRoom(context, roomId), input);
}
