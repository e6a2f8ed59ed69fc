import type { Sql } from '../../platform/database/open-database.ts';
import { eventFlags } from '../rooms/event-row.ts';
import { figuresReader } from './room-figures.ts';

/** So many rooms at once, and so many entries of the log looked through for them. */
const maxChanges = 200;
const maxEntries = 20_000;

export interface ChangedRooms {
  readonly rooms: readonly number[];
  /** Up to where the log has been looked through. */
  readonly upTo: number;
}

/** The place of the reader in a shard's log; 0 before it began. */
export async function readFiguresPosition(sql: Sql, shard: number): Promise<number> {
  const rows = await sql<{ position: number }[]>`
    SELECT position FROM reader_position WHERE reader = ${figuresReader} AND shard = ${shard}`;
  return rows[0]?.position ?? 0;
}

/** Rooms whose state changed after a position, up to `end` or as many as fit. */
export async function readChangedRooms(sql: Sql, shard: number, after: number, end: number): Promise<ChangedRooms> {
  const upTo = Math.min(end, after + maxEntries);
  const rows = await sql<{ room: number; position: number }[]>`
    SELECT room, position FROM event WHERE shard = ${shard} AND position > ${after} AND position <= ${upTo}
      AND flags & ${eventFlags.state | eventFlags.resolved} <> 0
    ORDER BY position LIMIT ${maxChanges}`;
  const last = rows.length === maxChanges ? rows.at(-1)?.position : undefined;
  return { rooms: [...new Set(rows.map(({ room }) => room))], upTo: last ?? upTo };
}
