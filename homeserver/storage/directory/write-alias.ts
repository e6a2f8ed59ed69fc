import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const putAliases: BatchStatement = {
  name: 'put-aliases',
  table: 'room_alias',
  columns: { alias: 'text', room_id: 'text', creator: 'text', request: 'text' },
  text: (rows) => `INSERT INTO room_alias (alias, room_id, creator, request) SELECT * FROM ${rows}
    ON CONFLICT (alias) DO UPDATE SET room_id = excluded.room_id, creator = excluded.creator,
      request = excluded.request, created_at = excluded.created_at`,
  rowKey: (row) => String(row[0]),
};

/** An alias, in place of an abandoned claim if there is one. */
export function putAlias(alias: {
  readonly alias: string;
  readonly roomId: string;
  readonly creator: string;
  readonly request: string;
}): Write {
  return { statement: putAliases, row: [alias.alias, alias.roomId, alias.creator, alias.request] };
}

const deleteAliases: BatchStatement = {
  name: 'delete-aliases',
  table: 'room_alias',
  columns: { alias: 'text', room_id: 'text' },
  text: (rows) => `DELETE FROM room_alias USING ${rows}
    WHERE room_alias.alias = row.alias AND room_alias.room_id = row.room_id`,
};

/** Removes an alias as long as it leads to that room. */
export function deleteAlias(alias: string, roomId: string): Write {
  return { statement: deleteAliases, row: [alias, roomId] };
}
