import type { Sql } from '../../platform/database/open-database.ts';
import type { StoredQueue } from './queue-row.ts';

type Row = Omit<StoredQueue, 'positions'> & { readonly positions: string };

/** How far each service has been sent what is for it, by id. */
export async function readQueues(sql: Sql): Promise<Map<string, StoredQueue>> {
  const rows = await sql<Row[]>`
    SELECT id, array_to_string(positions, ',') AS positions, transaction_number AS "transactionNumber", transaction,
      is_paused AS "isPaused", last_success_ms AS "lastSuccessMs", held_transaction AS "heldTransaction"
    FROM application_service_queue`;
  return new Map(
    rows.map((row) => [
      row.id,
      { ...row, positions: row.positions === '' ? [] : row.positions.split(',').map(Number) },
    ]),
  );
}
