import type { SentMessage } from './inbox.ts';
import type { BridgeSql } from './open-bridge-database.ts';

/** A message that both sides have. */
export interface KnownMessage extends SentMessage {
  /** Its identity on IRC. */
  readonly identity: string;
}

/** Remembers a message that went to IRC. */
export async function rememberMessage(
  sql: BridgeSql,
  network: string,
  target: string,
  { identity, roomId, eventId, author, excerpt }: KnownMessage,
): Promise<void> {
  await sql`
    INSERT INTO message (network, target, identity, room_id, event_id, author, excerpt)
    VALUES (${network}, ${target}, ${identity}, ${roomId}, ${eventId}, ${author}, ${excerpt}) ON CONFLICT DO NOTHING`;
}

export async function findMessageByEvent(
  sql: BridgeSql,
  roomId: string,
  eventId: string,
): Promise<KnownMessage | undefined> {
  const [row] = await sql<KnownMessage[]>`
    SELECT identity, room_id AS "roomId", event_id AS "eventId", author, excerpt FROM message
    WHERE room_id = ${roomId} AND event_id = ${eventId} LIMIT 1`;
  return row;
}

export async function findMessageByIdentity(
  sql: BridgeSql,
  network: string,
  identity: string,
): Promise<KnownMessage | undefined> {
  const [row] = await sql<KnownMessage[]>`
    SELECT identity, room_id AS "roomId", event_id AS "eventId", author, excerpt FROM message
    WHERE network = ${network} AND identity = ${identity}`;
  return row;
}

export async function forgetMessages(sql: BridgeSql, olderThanMs: number): Promise<void> {
  await sql`DELETE FROM message WHERE sent_at < now() - ${olderThanMs} * interval '1 millisecond'`;
}
