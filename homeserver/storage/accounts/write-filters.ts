import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertFilters: BatchStatement = {
  name: 'insert-filters',
  table: 'filter',
  columns: { user_id: 'text', filter_id: 'text', definition: 'text' },
  text: (rows) => `INSERT INTO filter (user_id, filter_id, definition) SELECT * FROM ${rows} ON CONFLICT DO NOTHING`,
};

export function insertFilter(userId: string, filterId: string, definition: string): Write {
  return { statement: insertFilters, row: [userId, filterId, definition] };
}

const deleteOfUser: BatchStatement = {
  name: 'delete-filters-of-user',
  table: 'filter',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM filter USING ${rows} WHERE filter.user_id = row.user_id`,
};

export function deleteFiltersOfUser(userId: string): Write {
  return { statement: deleteOfUser, row: [userId] };
}
