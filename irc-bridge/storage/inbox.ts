import { insertMessages } from './messages.ts';
import type { BridgeSql } from './open-bridge-database.ts';

/** An event of IRC that waits for the homeserver. */
export interface InboxEntry {
  readonly position: number;
  readonly network: string;
  readonly target: string;
  readonly identity: string;
  /** As JSON. */
  readonly event: string;
  /** The bot speaks for whoever said it. */
  readonly isRelayed: boolean;
}

/**
 * Stores events in their order. What is waiting already, or was sent before (by the identities of messages), is left out.
 */
export async function storeInbox(
  sql: BridgeSql,
  entries: readonly Omit<InboxEntry, 'position' | 'isRelayed'>[],
): Promise<void> {
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

/** How much waits from each channel and nick. */
export async function countWaiting(sql: BridgeSql): Promise<(InboxSource & { readonly count: number })[]> {
  return [
    ...(await sql<(InboxSource & { count: number })[]>`
      SELECT network, target, count(*) AS count FROM inbox GROUP BY network, target`),
  ];
}

/** Whether something that came before an entry waits for the homeserver, from a channel or nick. */
export async function hasEarlierEntries(
  sql: BridgeSql,
  { network, target, position }: Pick<InboxEntry, 'network' | 'target' | 'position'>,
): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM inbox WHERE network = ${network} AND target = ${target} AND position < ${position} LIMIT 1`;
  return rows.length > 0;
}

/** The oldest entries of each of some channels and nicks, in their order, by `keyOfInbox`. */
export async function readInbox(
  sql: BridgeSql,
  sources: readonly InboxSource[],
  limit: number,
): Promise<ReadonlyMap<string, InboxEntry[]>> {
  const rows = await sql<InboxEntry[]>`
    SELECT position, oldest.network, oldest.target, identity, event, is_relayed AS "isRelayed"
    FROM json_array_elements(${JSON.stringify(sources)}::text::json) AS wanted (e), LATERAL (
      SELECT * FROM inbox WHERE inbox.network = e->>'network' AND inbox.target = e->>'target'
      ORDER BY position LIMIT ${limit}
    ) AS oldest ORDER BY position`;
  return Map.groupBy(rows, keyOfInbox);
}

/** From here on the bot speaks for whoever said it, however often it is tried. */
export async function noteRelayed(sql: BridgeSql, position: number): Promise<void> {
  await sql`UPDATE inbox SET is_relayed = true WHERE position = ${position}`;
}

/** A channel or nick of a network. */
export type InboxSource = Pick<InboxEntry, 'network' | 'target'>;

/** One text for a channel or nick. */
export function keyOfInbox({ network, target }: InboxSource): string {
  return `${network} ${target}`;
}

export function sourceOfKey(key: string): InboxSource {
  const space = key.indexOf(' ');
  return { network: key.slice(0, space), target: key.slice(space + 1) };
}

/** What a message of IRC became, to be remembered. */
export interface SentMessage {
  readonly roomId: string;
  readonly eventId: string;
  readonly author: string;
  readonly excerpt: string;
}

/** An entry that the homeserver has, or that is nothing for it. */
export interface FinishedEntry {
  readonly entry: InboxEntry;
  readonly sent: SentMessage | undefined;
}

/** Takes entries away, and remembers what they became. */
export async function finishInboxEntries(sql: BridgeSql, finished: readonly FinishedEntry[]): Promise<void> {
  const positions = finished.map(({ entry }) => entry.position);
  const messages = finished.flatMap(({ entry: { network, target, identity }, sent }) =>
    sent ? [{ network, target, identity, ...sent }] : [],
  );
  await sql`
    WITH gone AS (
      DELETE FROM inbox USING json_array_elements_text(${JSON.stringify(positions)}::text::json) AS done (position)
      WHERE inbox.position = done.position::bigint
    )
    ${insertMessages(sql, messages)}`;
}
