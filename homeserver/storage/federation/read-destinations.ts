import type { Context } from '../../platform/context.ts';
import { hashText } from '../names/shard-of.ts';
import { routerName, type StoredDestination } from './destination-row.ts';

interface Row extends Omit<StoredDestination, 'positions'> {
  readonly positions: string;
}

const columns = `server_name AS server, array_to_string(positions, ',') AS positions, is_behind AS "isBehind",
  last_success_ms AS "lastSuccessMs", 
  coalesce(extract(epoch FROM clock_timestamp() - behind_since), 0)::float8 * 1000 AS "behindForMs"`;

/** All destinations, or those of one home shard. */
export async function readDestinations(context: Context, homeShard?: number): Promise<StoredDestination[]> {
  const rows = await context.database.unsafe<Row[]>(`SELECT ${columns} FROM destination`, [], {
    prepare: true,
  });
  const wanted = homeShard === undefined ? rows : rows.filter((row) => homeShardOf(context, row.server) === homeShard);
  return wanted.map(parseRow);
}

export async function readDestination(context: Context, server: string): Promise<StoredDestination | undefined> {
  const rows = await context.database.unsafe<Row[]>(
    `SELECT ${columns} FROM destination WHERE server_name = $1`,
    [server],
    { prepare: true },
  );
  return rows[0] && parseRow(rows[0]);
}

function parseRow(row: Row): StoredDestination {
  return { ...row, positions: row.positions === '' ? [] : row.positions.split(',').map(Number) };
}

/** The shard whose owner sends to a server. */
export function homeShardOf(context: Context, server: string): number {
  return hashText(server) % context.shardLog.shardCount;
}

/**
 * Up to where a home shard had routed the logs when that was last saved; undefined if it never was. When the number of
 * shards has grown, the servers are divided anew: then what all home shards of the last division had passed counts.
 */
export async function readRoutedPositions(context: Context, homeShard: number): Promise<number[] | undefined> {
  const { shardCount } = context.shardLog;
  const rows = await context.database<{ reader: string; shard: number; position: number }[]>`
    SELECT reader, shard, position FROM reader_position WHERE reader LIKE 'federation %'`;
  const own = rows.filter(({ reader }) => reader === routerName(shardCount, homeShard));
  if (own.length > 0) return combine(own, shardCount, Math.max);
  const divisions = rows.map(({ reader }) => divisionOf(reader)).filter((count) => count < shardCount);
  if (divisions.length === 0) return undefined;
  const last = Math.max(...divisions);
  const earlier = rows.filter(({ reader }) => divisionOf(reader) === last);
  return combine(earlier, shardCount, Math.min);
}

function divisionOf(reader: string): number {
  return Number(/^federation (\d+)\//.exec(reader)?.[1] ?? 0);
}

function combine(
  rows: readonly { shard: number; position: number }[],
  shardCount: number,
  choose: (...positions: number[]) => number,
): number[] {
  return Array.from({ length: shardCount }, (_, shard) => {
    const positions = rows.filter((row) => row.shard === shard).map(({ position }) => position);
    return positions.length === 0 ? 0 : choose(...positions);
  });
}
