import type { TransactionFate, Violation } from './history.ts';

/** However often a transaction was asked for and by whichever process it was answered, it made one event. */
export function checkTransactions(fates: ReadonlyMap<string, TransactionFate>): Violation[] {
  return [...fates.values()]
    .filter(({ eventIds }) => eventIds.size > 1)
    .map(({ transaction, eventIds }) => ({
      kind: 'two events for one transaction',
      detail: `${transaction} was acknowledged as ${[...eventIds].join(' and ')}`,
    }));
}
