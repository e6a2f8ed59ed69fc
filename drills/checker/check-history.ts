import { checkDelivery } from './check-delivery.ts';
import { checkOrder } from './check-order.ts';
import { checkTransactions } from './check-transactions.ts';
import { type History, settleTransactions, type Violation } from './history.ts';
import { type Gap, measureLongestGap } from './measure-gap.ts';

export interface CheckLimits {
  /** When clients were sending, on the clock of the attempts' times. */
  readonly load: { readonly startMs: number; readonly endMs: number };
  readonly longestGapMs: number;
  /** Rooms that fail together, such as a shard's, by number: the gaps of each group are measured by themselves. */
  readonly groupOf?: (roomId: string) => number;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
  /** Requests beyond the first of their transactions. */
  readonly repeated: number;
  readonly longestGap: Gap;
}

/** Judges a drill by what its clients were told and its readers saw, in the manner of Jepsen. */
export function checkHistory(history: History, limits: CheckLimits): Verdict {
  const fates = settleTransactions(history.attempts);
  const groups = Map.groupBy(history.attempts, ({ roomId }) => limits.groupOf?.(roomId) ?? 0);
  const gaps = [...groups.values()].map((attempts) => measureLongestGap(attempts, limits.load));
  const longestGap = gaps.toSorted((a, b) => b.durationMs - a.durationMs)[0] ?? measureLongestGap([], limits.load);
  const violations = [
    ...checkTransactions(fates),
    ...checkDelivery(history, fates),
    ...checkOrder(history.observations),
  ];
  if (longestGap.durationMs > limits.longestGapMs) {
    const after = Math.round(longestGap.fromMs - limits.load.startMs);
    const detail = `${Math.round(longestGap.durationMs)} ms, from ${after} ms after the beginning`;
    violations.push({ kind: 'gap without acknowledgement', detail });
  }
  const count = (wanted: string) => [...fates.values()].filter(({ fate }) => fate === wanted).length;
  return {
    violations,
    acknowledged: count('acknowledged'),
    unknown: count('unknown'),
    refused: count('refused'),
    repeated: history.attempts.length - fates.size,
    longestGap,
  };
}
