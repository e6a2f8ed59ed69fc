import type { Write } from '../platform/shard-log/batch.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readEventPositions, readRoomRowKeys } from '../storage/rooms/read-room-rows.ts';
import { buryEvent, deleteEvent, deleteRoomRow, roomTableNames } from '../storage/rooms/write-room-deletion.ts';
import { hotRooms } from './hot-rooms.ts';

interface DeleteInput {
  readonly roomId: string;
  /** Events up to this position are gone already. */
  readonly after: number;
}

export interface DeletedSlice {
  readonly position: number;
  readonly deleted: number;
  readonly isOver: boolean;
}

const sliceSize = 500;

/**
 * Deletes what is stored of a room, some rows at a time: first all that refers to its events, its state above all, so that
 * nobody comes upon an event without a content; then the events.
 * Events with a place in the log keep that and nothing else. Nobody of this server is in the room any more.
 */
export const deleteRoomRowsCommand: Command<DeleteInput, DeletedSlice> = {
  name: 'delete-room-rows',
  key: ({ roomId }) => roomId,
  releases: 'committed',
  async decide(shard, { roomId, after }) {
    const { context } = shard;
    const room = await findRoom(context, roomId);
    if (!room) return { result: { position: after, deleted: 0, isOver: true } };
    const commit = (writes: readonly Write[]) => {
      shard.remember(hotRooms).forget(roomId);
      return shard.append(0, () => ({ entries: [], writes }));
    };
    for (const table of roomTableNames) {
      const keys = await readRoomRowKeys(context, table, room.id, sliceSize);
      if (keys.length === 0) continue;
      const writes = keys.map((key) => deleteRoomRow(table, room.id, key));
      return { result: { position: after, deleted: keys.length, isOver: false }, committed: commit(writes) };
    }
    const positions = await readEventPositions(context, room.id, after, sliceSize);
    const last = positions.at(-1);
    if (last !== undefined) {
      const writes = positions.map((position) => (position > 0 ? buryEvent : deleteEvent)(shard.id, position));
      return { result: { position: last, deleted: positions.length, isOver: false }, committed: commit(writes) };
    }
    shard.remember(hotRooms).forget(roomId);
    const committed = shard.append(1, () => ({
      // What is kept in memory of the room holds no more.
      entries: [{ kind: 'room-state', body: { roomId, isWhole: true } }],
      writes: [],
    }));
    return { result: { position: after, deleted: 0, isOver: true }, committed };
  },
};
