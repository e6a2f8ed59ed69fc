import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import {
  type OutboxMessage,
  readOutbox as readMessages,
  readOutboxDestinations,
  readSetAside,
} from '../storage/devices/read-outbox.ts';
import { homeShardOf } from '../storage/federation/read-destinations.ts';
import { eduText } from './transaction.ts';

/** A message to devices of a server's users, which waits until the server has acknowledged it. */
export interface WaitingMessage {
  readonly id: number;
  /** As it stands in a transaction. */
  readonly text: string;
}

/** The oldest messages for a server, at most `limit` and no more than so many characters, unless the first has more. */
export async function readOutbox(
  context: Context,
  server: string,
  limit: number,
  maxCharacters: number,
): Promise<WaitingMessage[]> {
  const messages = await readMessages(context.database, server, limit);
  const page: WaitingMessage[] = [];
  let characters = 0;
  for (const message of messages.map(toWaiting)) {
    characters += message.text.length;
    if (page.length > 0 && characters > maxCharacters) break;
    page.push(message);
  }
  return page;
}

/** The next message after one that was set aside and is to be tried again; see readSetAside. */
export async function readMessageSetAside(
  context: Context,
  server: string,
  which: { readonly after: number; readonly withAll: boolean },
): Promise<WaitingMessage | undefined> {
  const message = await readSetAside(context.database, server, which);
  return message && toWaiting(message);
}

function toWaiting({ id, content }: OutboxMessage): WaitingMessage {
  return { id, text: eduText({ type: 'm.direct_to_device', content: JSON.parse(content) as JsonObject }) };
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
