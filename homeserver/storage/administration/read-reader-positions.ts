import type { Sql } from '../../platform/database/open-database.ts';

/** A reader of the log that saves where it is. */
export interface ReaderPosition {
  /** Such as `federation 4/0`. */
  readonly reader: string;
  readonly shard: number;
  readonly position: number;
}

export async function readReaderPositions(sql: Sql): Promise<ReaderPosition[]> {
  return await sql<ReaderPosition[]>`SELECT reader, shard, position FROM reader_position ORDER BY reader, shard`;
}
