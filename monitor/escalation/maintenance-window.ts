import type { Incident } from '../decide/incident.ts';

/** Work that is planned: what it is expected to break wakes nobody. */
export interface MaintenanceWindow {
  readonly fromMs: number;
  readonly toMs: number;
  /** Rules, as in `database-down`; empty: all of them. */
  readonly rules: readonly string[];
  readonly by: string;
  readonly reason: string;
}

/**
 * Whether an incident is to wake nobody now: when all of its alerts are expected. That data is being lost is never
 * expected: nobody can silence it.
 */
export function isSilenced(incident: Incident, windows: readonly MaintenanceWindow[], atMs: number): boolean {
  if (incident.losesData) return false;
  const open = windows.filter(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  const keys = [incident.cause, ...incident.symptoms.map(({ key }) => key)];
  return keys.every((key) => open.some(({ rules }) => rules.length === 0 || rules.includes(key.split(' ')[0] ?? '')));
}
