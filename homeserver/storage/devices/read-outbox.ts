import type { Sql } from '../../platform/database/open-database.ts';

/** A message that waits for another server to take it. */
export interface OutboxMessage {
  readonly id: number;
  /** Content of the m.direct_to_device EDU (JSON). */
  readonly content: string;
}

/** The oldest messages that wait for a destination in their turn, in the order in which they were sent; at most `most`. */
export async function readOutbox(sql: Sql, destination: string, most: number): Promise<OutboxMessage[]> {
  return await sql<OutboxMessage[]>`
    SELECT id, content FROM to_device_outbox WHERE destination = ${destination} AND retry_at IS NULL
    ORDER BY id LIMIT ${most}`;
}

/** The id of the last of so many oldest messages of a destination, those set aside among them; undefined: there is none. */
export async function readOldOutboxId(sql: Sql, destination: string, count: number): Promise<number | undefined> {
  const rows = await sql<{ id: number }[]>`
    SELECT max(id) AS id FROM (
      SELECT id FROM to_device_outbox WHERE destination = ${destination} ORDER BY id LIMIT ${count}
    ) oldest HAVING count(*) > 0`;
  return rows[0]?.id;
}

/** The oldest message above an id that was set aside for a destination and whose time has come; `withAll`: or has not. */
export async function readSetAside(
  sql: Sql,
  destination: string,
  { after, withAll }: { readonly after: number; readonly withAll: boolean },
): Promise<OutboxMessage | undefined> {
  const rows = await sql<OutboxMessage[]>`
    SELECT id, content FROM to_device_outbox WHERE destination = ${destination} AND id > ${after}
      AND retry_at IS NOT NULL AND (retry_at <= clock_timestamp() OR ${withAll})
    ORDER BY id LIMIT 1`;
  return rows[0];
}

/** Destinations for which a message was set aside whose time has come, at most `most`: by chance, since many may be away. */
export async function readDestinationsOfSetAside(sql: Sql, most: number): Promise<string[]> {
  const rows = await sql<{ destination: string }[]>`
    SELECT destination FROM to_device_outbox WHERE retry_at <= clock_timestamp()
    GROUP BY destination ORDER BY random() LIMIT ${most}`;
  return rows.map((row) => row.destination);
}

/** What waits for a destination. */
export interface OutboxCount {
  readonly destination: string;
  readonly waiting: number;
  readonly setAside: number;
  /** Why the last one that was set aside is refused. */
  readonly problem: string | null;
}

/** How many messages wait, by destination. Looks at every message. */
export async function readOutboxCounts(sql: Sql): Promise<OutboxCount[]> {
  return await sql<OutboxCount[]>`
    SELECT destination, count(*) FILTER (WHERE retry_at IS NULL)::int AS waiting, count(retry_at)::int AS "setAside",
      (array_agg(problem ORDER BY retry_at DESC) FILTER (WHERE retry_at IS NOT NULL))[1] AS problem
    FROM to_device_outbox GROUP BY destination`;
}

/** How many messages wait for a destination, those set aside among them. */
export async function countOutbox(sql: Sql, destination: string): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM to_device_outbox WHERE destination = ${destination}`;
  return rows[0]?.count ?? 0;
}

/** Destinations for which messages wait in their turn. */
export async function readOutboxDestinations(sql: Sql): Promise<string[]> {
  const rows = await sql<
    { destination: string }[]
  >`SELECT DISTINCT destination FROM to_device_outbox WHERE retry_at IS NULL`;
  return rows.map((row) => row.destination);
}
