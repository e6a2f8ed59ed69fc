import type { Sql } from '../../platform/database/open-database.ts';

/** A message that waits for another server to take it. */
export interface OutboxMessage {
  readonly id: number;
  /** Content of the m.direct_to_device EDU (JSON). */
  readonly content: string;
}

/** The oldest messages that wait for a destination, in the order in which they were sent; at most `most`. */
export async function readOutbox(sql: Sql, destination: string, most: number): Promise<OutboxMessage[]> {
  return await sql<OutboxMessage[]>`
    SELECT id, content FROM to_device_outbox WHERE destination = ${destination}
    ORDER BY id LIMIT ${most}`;
}

/** How many messages wait for a destination. */
export async function countOutbox(sql: Sql, destination: string): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM to_device_outbox WHERE destination = ${destination}`;
  return rows[0]?.count ?? 0;
}

/** Destinations for which messages wait. */
export async function readOutboxDestinations(sql: Sql): Promise<string[]> {
  const rows = await sql<{ destination: string }[]>`SELECT DISTINCT destination FROM to_device_outbox`;
  return rows.map((row) => row.destination);
}
