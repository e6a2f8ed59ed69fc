import type { BridgeSql } from './open-bridge-database.ts';
import { toStoredJson } from './stored-json.ts';

/** A message that both sides have. */
export interface KnownMessage {
  readonly network: string;
  /** The channel or, in private, the nick, folded. */
  readonly target: string;
  /** Its identity on IRC. */
  readonly identity: string;
  readonly roomId: string;
  readonly eventId: string;
  readonly author: string;
  readonly excerpt: string;
}

/** The end of a statement: remembers messages. */
export function insertMessages(sql: BridgeSql, known: readonly KnownMessage[]) {
  // Half of a character, which a client may send, is no text for PostgreSQL.
  const messages = known.map((one) => {
    return { ...one, author: one.author.toWellFormed(), excerpt: one.excerpt.toWellFormed() };
  });
  return sql`
    INSERT INTO message (network, target, identity, room_id, event_id, author, excerpt)
    SELECT e->>'network', e->>'target', e->>'identity', e->>'roomId', e->>'eventId', e->>'author', e->>'excerpt'
    FROM json_array_elements(${toStoredJson(messages)}::text::json) AS list (e) ON CONFLICT DO NOTHING`;
}

export async function findMessageByEvent(
  sql: BridgeSql,
  roomId: string,
  eventId: string,
): Promise<KnownMessage | undefined> {
  const [row] = await sql<KnownMessage[]>`
    SELECT network, target, identity, room_id AS "roomId", event_id AS "eventId", author, excerpt FROM message
    WHERE room_id = ${roomId} AND event_id = ${eventId} LIMIT 1`;
  return row;
}

/** When the newest message of each channel was stored, by the database's clock, in milliseconds since 1970. */
export async function readNewestMessages(
  sql: BridgeSql,
): Promise<{ readonly network: string; readonly target: string; readonly storedAtMs: number }[]> {
  return [
    ...(await sql<{ network: string; target: string; storedAtMs: number }[]>`
      SELECT network, target, (extract(epoch FROM max(sent_at)) * 1000)::float8 AS "storedAtMs"
      FROM message GROUP BY network, target`),
  ];
}

export async function findMessageByIdentity(
  sql: BridgeSql,
  network: string,
  identity: string,
): Promise<KnownMessage | undefined> {
  const [row] = await sql<KnownMessage[]>`
    SELECT network, target, identity, room_id AS "roomId", event_id AS "eventId", author, excerpt FROM message
    WHERE network = ${network} AND identity = ${identity}`;
  return row;
}

/** So many at a time: what could not be done in one statement's time would never be done. */
const forgottenAtOnce = 20_000;

/** Forgets the oldest ones, many at a time. */
export async function forgetMessages(sql: BridgeSql, olderThanMs: number): Promise<void> {
  await sql`
    DELETE FROM message WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM message WHERE sent_at < now() - ${olderThanMs} * interval '1 millisecond'
      ORDER BY sent_at LIMIT ${forgottenAtOnce}))`;
}
