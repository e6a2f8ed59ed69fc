import type { Rule } from '../decide/rule.ts';
import type { MaintenanceWindow } from './maintenance-window.ts';

/** A maintenance window that an administrator opened in the console, until it ends by itself or by hand. */
export interface Silence extends MaintenanceWindow {
  readonly id: string;
}

const mostSilences = 100;

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
