import type { Rule } from '../decide/rule.ts';
import type { MaintenanceWindow } from './maintenance-window.ts';

/** A maintenance window that an administrator opened or planned, until it ends by itself or by hand. */
export interface Silence extends MaintenanceWindow {
  readonly id: string;
}

const mostSilences = 100;
export const longestMaintenanceMs = 7 * 86_400_000;

/**
 * Silences some rules from now on. Those that mean that data is being lost are left out: nobody can silence them. Gives the
 * list as it was where nothing is left.
 */
export function addSilence(
  silences: readonly Silence[],
  asked: {
    readonly rules: readonly string[];
    readonly by: string;
    readonly reason: string;
    readonly durationMs: number;
  },
  atMs: number,
  known: readonly Rule[],
): readonly Silence[] {
  const { by, reason, durationMs } = asked;
  const rules = asked.rules.filter((name) => known.some((rule) => rule.name === name && !rule.losesData));
  const open = dropEnded(silences, atMs);
  if (rules.length === 0 || open.length >= mostSilences) return silences;
  const id = `${atMs}-${open.length}`;
  return [...open, { id, fromMs: atMs, toMs: atMs + durationMs, rules, by, reason }];
}

export function dropEnded(silences: readonly Silence[], atMs: number): readonly Silence[] {
  return silences.filter(({ toMs }) => toMs > atMs);
}

/** What is in the way of planned maintenance, as a sentence; undefined: nothing is. No rules: all of them. */
export function judgeMaintenance(
  { rules, fromMs, toMs }: Pick<MaintenanceWindow, 'rules' | 'fromMs' | 'toMs'>,
  known: { readonly rules: readonly Rule[]; readonly atMs: number; readonly count: number },
): string | undefined {
  for (const name of rules) {
    const rule = known.rules.find((each) => each.name === name);
    if (!rule) return `there is no alert ${name}`;
    if (rule.losesData) return `${name} means that data is being lost, and nobody can silence it`;
  }
  if (toMs <= fromMs) return 'it would end before it begins';
  if (toMs <= known.atMs) return 'it would be over already';
  if (toMs - fromMs > longestMaintenanceMs) return 'it would last for more than a week';
  return known.count >= mostSilences ? `${mostSilences} are planned already` : undefined;
}
