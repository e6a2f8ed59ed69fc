import type { BridgeSql } from './open-bridge-database.ts';

/** An event of IRC that waits for the homeserver. */
export interface InboxEntry {
  readonly position: number;
  readonly network: string;
  readonly target: string;
  readonly identity: string;
  /** As JSON. */
  readonly event: string;
}

/**
 * Stores events in their order. What is waiting already, or was sent before (by the identities of messages), is left out.
 */
export async function storeInbox(sql: BridgeSql, entries: readonly Omit<InboxEntry, 'position'>[]): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    INSERT INTO inbox (network, target, identity, event)
    SELECT e->>'network', e->>'target', e->>'identity', e->>'event'
    FROM json_array_elements(${JSON.stringify(entries)}::text::json) WITH ORDINALITY AS list (e, number)
    WHERE NOT EXISTS (
      SELECT 1 FROM message m WHERE m.network = e->>'network' AND m.identity = e->>'identity')
    ORDER BY number
    ON CONFLICT (network, identity) DO NOTHING`;
}

/** Channels and nicks from which something waits. */
export async function readWaitingTargets(sql: BridgeSql): Promise<{ network: string; target: string }[]> {
  return [...(await sql<{ network: string; target: string }[]>`SELECT DISTINCT network, target FROM inbox`)];
}

export async function readInbox(sql: BridgeSql, network: string, target: string, limit: number): Promise<InboxEntry[]> {
  return [
    ...(await sql<InboxEntry[]>`
      SELECT position, network, target, identity, event FROM inbox
      WHERE network = ${network} AND target = ${target} ORDER BY position LIMIT ${limit}`),
  ];
}

/** What a message of IRC became, to be remembered. */
export interface SentMessage {
  readonly roomId: string;
  readonly eventId: string;
  readonly author: string;
  readonly excerpt: string;
}

/** Takes an entry away, since the homeserver has it, and remembers what it became. */
export async function finishInboxEntry(
  sql: BridgeSql,
  entry: InboxEntry,
  sent: SentMessage | undefined,
): Promise<void> {
  if (!sent) {
    await sql`DELETE FROM inbox WHERE position = ${entry.position}`;
    return;
  }
  await sql`
    WITH gone AS (DELETE FROM inbox WHERE position = ${entry.position})
    INSERT INTO message (network, target, identity, room_id, event_id, author, excerpt)
    VALUES (${entry.network}, ${entry.target}, ${entry.identity}, ${sent.roomId}, ${sent.eventId}, ${sent.author},
      ${sent.excerpt})
    ON CONFLICT DO NOTHING`;
}
