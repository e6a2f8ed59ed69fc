import type { DutyOverride } from './roster.ts';

/** Somebody stands in because an administrator said so, beside those of the configuration. */
export interface KeptOverride extends DutyOverride {
  readonly id: string;
  readonly by: string;
}

const mostOverrides = 100;
export const longestOverrideMs = 92 * 86_400_000;

/** What is in the way of somebody's standing in, as a sentence; undefined: nothing is. */
export function judgeOverride(
  { person, fromMs, toMs }: DutyOverride,
  known: { readonly people: readonly string[]; readonly atMs: number; readonly count: number },
): string | undefined {
  if (!known.people.includes(person)) return `nobody is called ${person} in monitor.paging.people`;
  if (toMs <= fromMs) return 'it would end before it begins';
  if (toMs <= known.atMs) return 'it would be over already';
  if (toMs - fromMs > longestOverrideMs) return 'it would last for more than three months';
  return known.count >= mostOverrides ? `${mostOverrides} are planned already` : undefined;
}

/** Those that are not over. */
export function dropPastOverrides(overrides: readonly KeptOverride[], atMs: number): readonly KeptOverride[] {
  return overrides.filter(({ toMs }) => toMs > atMs);
}

/** Who is asked, in order, when those stand in: of several at a time the last counts, and before any of the configuration. */
export function standIn(order: readonly string[], overrides: readonly DutyOverride[], atMs: number): readonly string[] {
  const found = overrides.findLast(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  return found ? [found.person, ...order.filter((person) => person !== found.person)] : order;
}
