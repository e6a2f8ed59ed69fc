import type { Context } from '../../platform/context.ts';
import { keyColumnsOf, type RoomTable } from './write-room-deletion.ts';

/** Keys of some rows that a room has in a table, in the order of keyColumnsOf. */
export async function readRoomRowKeys(
  { database }: Context,
  table: RoomTable,
  room: number,
  limit: number,
): Promise<unknown[][]> {
  const columns = keyColumnsOf(table);
  const rows = await database.unsafe<Record<string, unknown>[]>(
    `SELECT ${columns.length > 0 ? columns.join(', ') : '1'} FROM ${table} WHERE room = $1 LIMIT $2`,
    [room, limit],
    { prepare: true },
  );
  return rows.map((row) => columns.map((column) => row[column]));
}

/** Positions of a room's events above `after`, the oldest first. */
export async function readEventPositions(
  { database }: Context,
  room: number,
  after: number,
  limit: number,
): Promise<number[]> {
  const rows = await database<{ position: number }[]>`
    SELECT position FROM event WHERE room = ${room} AND position > ${after} ORDER BY position LIMIT ${limit}`;
  return rows.map(({ position }) => position);
}
