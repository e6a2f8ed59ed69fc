import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import { readOutbox as readMessages, readOutboxDestinations } from '../storage/devices/read-outbox.ts';
import { homeShardOf } from '../storage/federation/read-destinations.ts';
import type { Edu } from './missed-edus.ts';

/** Messages to devices of a server's users, which wait until the server has acknowledged them. */
export interface OutboxPage {
  readonly edus: readonly Edu[];
  /** The id of the last one; 0 without any. */
  readonly upTo: number;
}

/** The oldest messages for a server, at most `limit`. */
export async function readOutbox(context: Context, server: string, limit: number): Promise<OutboxPage> {
  const messages = await readMessages(context.database, server, limit);
  return {
    edus: messages.map(({ content }) => ({ type: 'm.direct_to_device', content: JSON.parse(content) as JsonObject })),
    upTo: messages.at(-1)?.id ?? 0,
  };
}

/** The servers of a home shard for which messages wait. */
export async function readServersInOutbox(context: Context, homeShard: number): Promise<string[]> {
  const servers = await readOutboxDestinations(context.database);
  return servers.filter((server) => homeShardOf(context, server) === homeShard);
}

/** The server for which an entry says that a message waits. */
export function outboxServerOf(entry: LogEntry): string | undefined {
  return entry.kind === 'outgoing-to-device' ? entry.body.destination : undefined;
}
