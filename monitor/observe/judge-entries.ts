import type { ProcessObservation } from '../observations/process.ts';
import type { ProcessEntry } from '../observations/process-entry.ts';
import type { BadSince } from './bad-since.ts';

/** A process that is well says several times in a lease that it is alive. */
const aliveMs = 5_000;

/**
 * The processes that nobody has named, as they have entered themselves in the database. One that is dead keeps its entry for an
 * hour: where another one has begun since at its address, or anywhere, that has taken its place. Silence counts from the first
 * look at which it is seen: after an outage of the database all entries are old for a moment.
 */
export function judgeEntries(
  rows: readonly ProcessEntry[],
  asked: ReadonlySet<string>,
  { silence, atMs }: { readonly silence: BadSince; readonly atMs: number },
): ProcessObservation[] {
  const replaced = findReplaced(rows);
  return rows.flatMap((row): ProcessObservation[] => {
    const { id, address, seenAgoMs } = row;
    const isSilent = seenAgoMs > aliveMs && !replaced.has(row);
    const silentForMs = silence.note(`entry ${id}`, isSilent, atMs);
    if (asked.has(id) || replaced.has(row)) return [];
    const why = 'it says no more in the database that it is alive';
    return [{ name: address, id, silentForMs, ...(isSilent && { why }) }];
  });
}

function findReplaced(rows: readonly ProcessEntry[]): ReadonlySet<ProcessEntry> {
  const alive = rows.filter(({ seenAgoMs }) => seenAgoMs <= aliveMs);
  const dead = rows.filter((row) => !alive.includes(row)).sort((a, b) => b.seenAgoMs - a.seenAgoMs);
  const replaced = new Set<ProcessEntry>();
  const free = new Set(alive);
  const replace = (row: ProcessEntry, other: ProcessEntry | undefined) => {
    if (!other || replaced.has(row)) return;
    free.delete(other);
    replaced.add(row);
  };
  // One that began at the same address has taken the place of all that were there before.
  for (const row of dead) {
    replace(
      row,
      alive.find(({ address }) => address === row.address),
    );
  }
  for (const row of dead) {
    replace(
      row,
      [...free].find(({ startedAgoMs }) => startedAgoMs < row.seenAgoMs),
    );
  }
  return replaced;
}
