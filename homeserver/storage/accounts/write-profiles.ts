import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { toSearchText } from './search-text.ts';

const putFields: BatchStatement = {
  name: 'put-profile-fields',
  table: 'profile_field',
  columns: { user_id: 'text', name: 'text', value: 'text', search_text: 'text' },
  text: (rows) => `INSERT INTO profile_field (user_id, name, value, search_text) SELECT * FROM ${rows}
    ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value, search_text = excluded.search_text`,
  rowKey: ([userId, name]) => `${String(userId)} ${String(name)}`,
};

export function putProfileField(userId: string, name: string, value: JsonValue): Write {
  const searchText = name === 'displayname' && typeof value === 'string' ? toSearchText(value) : null;
  return { statement: putFields, row: [userId, name, JSON.stringify(value), searchText] };
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

const deleteOfUser: BatchStatement = {
  name: 'delete-profiles',
  table: 'profile_field',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM profile_field USING ${rows} WHERE profile_field.user_id = row.user_id`,
};

export function deleteProfile(userId: string): Write {
  return { statement: deleteOfUser, row: [userId] };
}
