import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertFiles: BatchStatement = {
  name: 'insert-quarantined-media',
  table: 'quarantined_media',
  columns: { server_name: 'text', media_id: 'text', quarantined_by: 'text', quarantined_ms: 'bigint' },
  text: (rows) => `INSERT INTO quarantined_media SELECT * FROM ${rows} ON CONFLICT DO NOTHING`,
};

const deleteFiles: BatchStatement = {
  name: 'delete-quarantined-media',
  table: 'quarantined_media',
  columns: { server_name: 'text', media_id: 'text' },
  text: (rows) => `DELETE FROM quarantined_media t USING ${rows}
    WHERE t.server_name = row.server_name AND t.media_id = row.media_id`,
};

export function insertQuarantined(serverName: string, mediaId: string, by: string, atMs: number): Write {
  return { statement: insertFiles, row: [serverName, mediaId, by, atMs] };
}

export function deleteQuarantined(serverName: string, mediaId: string): Write {
  return { statement: deleteFiles, row: [serverName, mediaId] };
}
