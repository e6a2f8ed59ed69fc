import type { Sql } from '../../platform/database/open-database.ts';
import type { RegistrationRow } from './registration-row.ts';

/** All registrations, by id. */
export async function readRegistrations(sql: Sql): Promise<RegistrationRow[]> {
  return await sql<RegistrationRow[]>`SELECT id, registration, folder, file FROM application_service ORDER BY id`;
}
