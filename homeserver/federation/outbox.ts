import type { Context } from '../platform/context.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { Edu } from './missed-edus.ts';

/** Messages to devices of a server's users, which wait until the server has acknowledged them. */
export interface OutboxPage {
  readonly edus: readonly Edu[];
  /** Of the last one, in the log of the server's home shard; 0 without any. */
  readonly upTo: number;
}

/** The oldest messages for a server, at most `limit`. */
export async function readOutbox(_context: Context, _server: string, _limit: number): Promise<OutboxPage> {
  return { edus: [], upTo: 0 };
}

/** Deletes what was acknowledged. Runs on the server's home shard. */
export function deleteFromOutbox(_homeShard: number, _server: string, _upTo: number): readonly Write[] {
  return [];
}

/** The servers for which messages wait. */
export async function readServersInOutbox(_context: Context, _homeShard: number): Promise<string[]> {
  return [];
}

/** The server for which an entry says that a message waits. */
export function outboxServerOf(_entry: LogEntry): string | undefined {
  return undefined;
}
