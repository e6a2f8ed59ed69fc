import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { LogTail } from '../platform/shard-log/log-tail.ts';

/**
 * Brings what was read from the tables up to what this process has seen: `apply` gets every entry above the snapshot's
 * positions. False when they are no longer in memory: then what was read must not be kept. Synchronous, so that nothing
 * is missed when the caller then keeps the value for a follower of the log.
 */
export function replayEntries(tail: LogTail, positions: readonly number[], apply: (entry: LogEntry) => void): boolean {
  const seen = positions.map((position, shard) => tail.entriesAfter(shard, position));
  if (seen.includes(undefined)) return false;
  for (const entries of seen) for (const entry of entries ?? []) apply(entry);
  return true;
}
