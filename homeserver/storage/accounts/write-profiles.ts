import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const putFields: BatchStatement = {
  name: 'put-profile-fields',
  table: 'profile_field',
  columns: { user_id: 'text', name: 'text', value: 'text' },
  text: (rows) => `INSERT INTO profile_field (user_id, name, value) SELECT * FROM ${rows}
    ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value`,
  rowKey: (row) => `${row[0]} ${row[1]}`,
};

/** `value` is JSON text. */
export function putProfileField(userId: string, name: string, value: string): Write {
  return { statement: putFields, row: [userId, name, value] };
}

const deleteFields: BatchStatement = {
  name: 'delete-profile-fields',
  table: 'profile_field',
  columns: { user_id: 'text', name: 'text' },
  text: (rows) => `DELETE FROM profile_field USING ${rows}
    WHERE profile_field.user_id = row.user_id AND profile_field.name = row.name`,
};

export function deleteProfileField(userId: string, name: string): Write {
  return { statement: deleteFields, row: [userId, name] };
}
