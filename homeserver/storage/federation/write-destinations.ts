import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { type DestinationRow, routerName } from './destination-row.ts';

const putDestinations: BatchStatement = {
  name: 'put-destinations',
  table: 'destination',
  columns: {
    server_name: 'text',
    positions: 'text',
    is_behind: 'boolean',
    last_success_ms: 'bigint',
  },
  text: (rows) => `INSERT INTO destination (server_name, positions, is_behind, last_success_ms, behind_since)
    SELECT row.server_name, row.positions::bigint[], row.is_behind, row.last_success_ms,
    CASE WHEN row.is_behind THEN now() END FROM ${rows}
    ON CONFLICT (server_name) DO UPDATE SET positions = excluded.positions, is_behind = excluded.is_behind,
    last_success_ms = coalesce(excluded.last_success_ms, destination.last_success_ms),
    behind_since = CASE WHEN excluded.is_behind THEN coalesce(destination.behind_since, now()) END`,
  rowKey: (row) => String(row[0]),
};

/** Says how far a server has been sent what is for it. `lastSuccessMs` null leaves what is there. */
export function putDestination(row: DestinationRow): Write {
  const { server, positions, isBehind, lastSuccessMs } = row;
  return {
    statement: putDestinations,
    row: [server, `{${positions.join(',')}}`, isBehind, lastSuccessMs],
  };
}

const putReaderPositions: BatchStatement = {
  name: 'put-reader-positions',
  table: 'reader_position',
  columns: { reader: 'text', shard: 'smallint', position: 'bigint' },
  text: (rows) => `INSERT INTO reader_position (reader, shard, position) SELECT * FROM ${rows}
    ON CONFLICT (reader, shard) DO UPDATE SET position = excluded.position`,
  rowKey: (row) => row.slice(0, 2).join(' '),
};

/** Says how far a home shard has routed the logs of all shards. */
export function putRoutedPositions(shardCount: number, homeShard: number, positions: readonly number[]): Write[] {
  return positions.map((position, shard) => ({
    statement: putReaderPositions,
    row: [routerName(shardCount, homeShard), shard, position],
  }));
}
