import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { joinedServersOf } from '../../rooms/joined-servers.ts';
import { type BlockedRoom, readBlockedRoom } from '../../storage/administration/read-blocked-rooms.ts';
import { readRoomFigures } from '../../storage/administration/read-room-figures.ts';
import { type RoomSize, readRoomSize } from '../../storage/administration/read-room-size.ts';
import type { RoomFigures } from '../../storage/administration/room-figures.ts';
import { readAliasesOfRoom } from '../../storage/directory/read-aliases.ts';
import { isPublished } from '../../storage/directory/read-published-rooms.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';

export interface DescribedRoom {
  readonly room: RoomName;
  /** Undefined where nothing of its state is here, as with a deleted room. */
  readonly figures: RoomFigures | undefined;
  readonly size: RoomSize;
  readonly aliases: readonly string[];
  readonly isPublished: boolean;
  readonly topic: string | null;
  readonly avatarUrl: string | null;
  /** How many servers have a joined user. */
  readonly serverCount: number;
  readonly blocked: BlockedRoom | undefined;
}

/** A room that is known here. Throws M_NOT_FOUND. */
export async function requireRoom(context: Context, roomId: string): Promise<RoomName> {
  const room = await findRoom(context, roomId);
  if (!room) throw new MatrixError('M_NOT_FOUND', 'This room is not known here');
  return room;
}

/** All that an administrator sees of a room at a glance. Throws M_NOT_FOUND. */
export async function describeRoom(context: Context, roomId: string): Promise<DescribedRoom> {
  const room = await requireRoom(context, roomId);
  const { database } = context;
  const [figures, size, aliases, published, blocked, servers, topic, avatar] = await Promise.all([
    readRoomFigures(context, [room.id]),
    readRoomSize(database, room.id),
    readAliasesOfRoom(context, roomId),
    isPublished(context, room.id),
    readBlockedRoom(database, roomId),
    joinedServersOf(context, roomId),
    readStateEvent(context, room, 'm.room.topic', ''),
    readStateEvent(context, room, 'm.room.avatar', ''),
  ]);
  return {
    ...{ room, figures: figures.get(room.id), size, aliases, isPublished: published, blocked },
    ...{ topic: textOf(topic?.pdu.content['topic']), avatarUrl: textOf(avatar?.pdu.content['url']) },
    serverCount: servers.size,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
