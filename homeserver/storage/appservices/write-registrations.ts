import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { RegistrationRow } from './registration-row.ts';

const putRegistrations: BatchStatement = {
  name: 'put-registrations',
  table: 'application_service',
  columns: { id: 'text', registration: 'text', folder: 'text', file: 'text' },
  text: (rows) => `INSERT INTO application_service (id, registration, folder, file) SELECT * FROM ${rows}
    ON CONFLICT (id) DO UPDATE SET registration = excluded.registration, folder = excluded.folder,
      file = excluded.file`,
  rowKey: (row) => String(row[0]),
};

export function putRegistration({ id, registration, folder, file }: RegistrationRow): Write {
  return { statement: putRegistrations, row: [id, registration, folder, file] };
}

const deleteRegistrations: BatchStatement = {
  name: 'delete-registrations',
  table: 'application_service',
  columns: { id: 'text' },
  text: (rows) => `DELETE FROM application_service USING ${rows} WHERE application_service.id = row.id`,
};

export function deleteRegistration(id: string): Write {
  return { statement: deleteRegistrations, row: [id] };
}
