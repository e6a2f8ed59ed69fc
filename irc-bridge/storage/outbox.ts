import { insertMessages, type KnownMessage } from './messages.ts';
import type { BridgeSql } from './open-bridge-database.ts';

const ageMs = '(extract(epoch FROM now() - received_at) * 1000)::float8';

/** An event of Matrix that waits for IRC. */
export interface OutboxEntry {
  readonly position: number;
  readonly roomId: string;
  readonly eventId: string;
  /** The event as the homeserver sent it, as JSON. */
  readonly event: string;
  /** By the database's clock. */
  readonly ageMs: number;
  /** Lines that IRC has. */
  readonly sentLines: number;
}

/** An event to be stored. */
export interface ReceivedEvent {
  readonly roomId: string;
  readonly eventId: string;
  readonly event: string;
}

/**
 * Stores a transaction's events together, once: false if the transaction, by its id, was stored before. After it
 * returns the transaction may be acknowledged.
 */
export async function storeTransaction(
  sql: BridgeSql,
  transactionId: string,
  events: readonly ReceivedEvent[],
): Promise<boolean> {
  // One statement, whose rows get their positions in the order of the list.
  const [row] = await sql<{ is_fresh: boolean }[]>`
    WITH transaction AS (
      INSERT INTO received_transaction (id) VALUES (${transactionId}) ON CONFLICT DO NOTHING RETURNING id
    ), given AS (
      SELECT e->>'roomId' AS room_id, e->>'eventId' AS event_id, e->>'event' AS event, number
      FROM json_array_elements(${JSON.stringify(events)}::text::json) WITH ORDINALITY AS list (e, number)
      WHERE EXISTS (SELECT FROM transaction)
    ), fresh AS (
      INSERT INTO received_event (event_id) SELECT DISTINCT event_id FROM given
      ON CONFLICT DO NOTHING RETURNING event_id
    ), stored AS (
      INSERT INTO outbox (room_id, event_id, event)
      SELECT room_id, event_id, event FROM given JOIN fresh USING (event_id) ORDER BY number
      ON CONFLICT (event_id) DO NOTHING
    )
    SELECT EXISTS (SELECT FROM transaction) AS is_fresh`;
  return row?.is_fresh ?? false;
}

/** The rooms for which something waits. */
export async function readWaitingRooms(sql: BridgeSql): Promise<string[]> {
  const rows = await sql<{ room_id: string }[]>`SELECT DISTINCT room_id FROM outbox`;
  return rows.map((row) => row.room_id);
}

/** The oldest entries of each of some rooms, in their order. */
export async function readOutbox(
  sql: BridgeSql,
  roomIds: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, OutboxEntry[]>> {
  const rows = await sql<OutboxRow[]>`
    SELECT position, oldest.room_id, event_id, event, sent_lines, ${sql.unsafe(ageMs)} AS age_ms
    FROM json_array_elements_text(${JSON.stringify(roomIds)}::text::json) AS wanted (room_id), LATERAL (
      SELECT * FROM outbox WHERE outbox.room_id = wanted.room_id ORDER BY position LIMIT ${limit}
    ) AS oldest ORDER BY position`;
  return Map.groupBy(rows.map(toEntry), ({ roomId }) => roomId);
}

interface OutboxRow {
  position: number;
  room_id: string;
  event_id: string;
  event: string;
  age_ms: number;
  sent_lines: number;
}

function toEntry(row: OutboxRow): OutboxEntry {
  return {
    ...{ position: row.position, roomId: row.room_id, eventId: row.event_id, event: row.event },
    ...{ ageMs: row.age_ms, sentLines: row.sent_lines },
  };
}

/** The oldest entries that have waited too long, and the newest of the rooms in which too many wait. */
export async function readExcess(
  sql: BridgeSql,
  limits: { readonly waitingMs: number; readonly waitingMessages: number },
  count: number,
): Promise<OutboxEntry[]> {
  const rows = await sql<OutboxRow[]>`
    SELECT position, room_id, event_id, event, sent_lines, ${sql.unsafe(ageMs)} AS age_ms
    FROM (SELECT *, row_number() OVER (PARTITION BY room_id ORDER BY position) AS place FROM outbox) AS numbered
    WHERE received_at < now() - ${limits.waitingMs} * interval '1 millisecond' OR place > ${limits.waitingMessages}
    ORDER BY position LIMIT ${count}`;
  return rows.map(toEntry);
}

/** How far an entry has come. */
export interface OutboxProgress {
  readonly position: number;
  /** Lines that IRC has; `all`: the entry is taken away. */
  readonly sentLines: number | 'all';
  /** What is to be remembered of it. */
  readonly message?: KnownMessage | undefined;
}

/** Notes how far entries have come, and remembers what they became. */
export async function noteProgress(sql: BridgeSql, progress: readonly OutboxProgress[]): Promise<void> {
  const done = progress.filter(({ sentLines }) => sentLines === 'all').map(({ position }) => position);
  const going = progress.filter(({ sentLines }) => sentLines !== 'all');
  const messages = progress.flatMap(({ message }) => (message ? [message] : []));
  await sql`
    WITH gone AS (
      DELETE FROM outbox USING json_array_elements_text(${JSON.stringify(done)}::text::json) AS done (position)
      WHERE outbox.position = done.position::bigint
    ), gone_on AS (
      UPDATE outbox SET sent_lines = (e->>'sentLines')::int
      FROM json_array_elements(${JSON.stringify(going)}::text::json) AS list (e)
      WHERE outbox.position = (e->>'position')::bigint
    )
    ${insertMessages(sql, messages)}`;
}

/** Takes entries away. */
export async function removeFromOutbox(sql: BridgeSql, positions: readonly number[]): Promise<void> {
  await sql`
    DELETE FROM outbox USING json_array_elements_text(${JSON.stringify(positions)}::text::json) AS gone (position)
    WHERE outbox.position = gone.position::bigint`;
}

export interface QueueLength {
  readonly entries: number;
  /** Undefined when nothing waits. */
  readonly oldestAgeMs: number | undefined;
}

/** What waits in a queue, over all rooms or channels. */
export async function measureQueue(sql: BridgeSql, queue: 'outbox' | 'inbox'): Promise<QueueLength> {
  const [row] = await sql<{ entries: number; age: number | null }[]>`
    SELECT count(*) AS entries, (extract(epoch FROM now() - min(received_at)) * 1000)::float8 AS age FROM ${sql(queue)}`;
  return { entries: row?.entries ?? 0, oldestAgeMs: row?.age ?? undefined };
}

/** So many at a time: what could not be done in one statement's time would never be done. */
const forgottenAtOnce = 20_000;

/** Forgets the transactions and events that the homeserver does not repeat any more, many at a time. */
export async function forgetTransactions(sql: BridgeSql, olderThanMs: number): Promise<void> {
  for (const table of ['received_event', 'received_transaction']) {
    await sql`
      DELETE FROM ${sql(table)} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${sql(table)} WHERE received_at < now() - ${olderThanMs} * interval '1 millisecond'
        LIMIT ${forgottenAtOnce}))`;
  }
}
