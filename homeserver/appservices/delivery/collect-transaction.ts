import type { LogEntry } from '../../platform/shard-log/log-entry.ts';
import { addEntry, type EntryReader } from './add-entry.ts';
import { type Transaction, transactionBody } from './transaction.ts';
import { TransactionDraft } from './transaction-draft.ts';

/** Entries that are read at once, where they are no longer in memory. */
const pageEntries = 1_000;
/** After so many others get their turn at the event loop. */
const entriesAtOnce = 200;
/** Entries that are looked at for one transaction: what has been passed over is worth saving, too. */
const maxLooks = 10_000;

export interface Collected {
  /** By shard: everything up to there is in the transaction or not for the service. */
  readonly upTo: readonly number[];
  /** Without its number. Undefined: nothing up to there is for the service. */
  readonly transaction: Omit<Transaction, 'number'> | undefined;
}

/** Puts together what a service is to be sent next of what the logs hold, which are followed each in its order. */
export async function collectTransaction(reader: EntryReader, firstShard: number): Promise<Collected> {
  const { context } = reader;
  const draft = new TransactionDraft(context);
  const ends = context.shardLog.tail.positions();
  // A shard that is younger than what was saved begins at its start.
  const upTo = ends.map((_, shard) => reader.sentUpTo[shard] ?? 0);
  let looks = 0;
  for (let turn = 0; turn < ends.length; turn++) {
    const shard = (firstShard + turn) % ends.length;
    const end = ends[shard] ?? 0;
    while ((upTo[shard] ?? 0) < end && !draft.isFull && looks < maxLooks) {
      const entries = await readEntries(reader, shard, upTo[shard] ?? 0, end);
      for (const entry of entries) {
        const adding = addEntry(reader, draft, entry);
        if (adding) await adding;
        upTo[shard] = entry.position;
        if (++looks % entriesAtOnce === 0) await new Promise<void>((resolve) => setImmediate(resolve));
        if (draft.isFull || looks >= maxLooks) break;
      }
    }
  }
  if (draft.isEmpty) return { upTo, transaction: undefined };
  const content = await draft.finish();
  const transaction = { upTo, eventIds: draft.eventIds, messages: draft.delivered(), madeMs: reader.nowMs };
  return { upTo, transaction: { ...transaction, body: transactionBody(content) } };
}

async function readEntries(
  reader: EntryReader,
  shard: number,
  after: number,
  end: number,
): Promise<readonly LogEntry[]> {
  const { tail } = reader.context.shardLog;
  const inMemory = tail.entriesAfter(shard, after);
  reader.isFresh = inMemory !== undefined;
  const entries = inMemory ?? (await tail.read(shard, after, Math.min(after + pageEntries, end)));
  if (entries.length === 0) throw new Error(`shard ${shard}: no entry at position ${after + 1}`);
  return entries;
}
