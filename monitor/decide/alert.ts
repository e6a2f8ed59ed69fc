import type { Severity } from './rule.ts';

/** What the monitor remembers of one condition, from when it is first seen until it has been gone for long enough. */
export interface AlertRecord {
  /** Rule and subject. */
  readonly key: string;
  readonly rule: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly losesData: boolean;
  /** Since when it has been so without a break. */
  readonly trueSinceMs: number;
  readonly lastTrueMs: number;
  /** Since when it has been bad enough for a page, without a break; undefined while it is not. */
  readonly pageSinceMs?: number | undefined;
  readonly lastPageMs?: number | undefined;
  /** Undefined while it has not been so for long enough. */
  readonly raisedMs?: number | undefined;
  /** Of the incident that it belongs to, once raised. */
  readonly incident?: string | undefined;
}

export function alertKey(rule: string, subject: string): string {
  return subject === '' ? rule : `${rule} ${subject}`;
}

export function isRaised(record: AlertRecord): record is AlertRecord & { readonly raisedMs: number } {
  return record.raisedMs !== undefined;
}

const weights: Readonly<Record<Severity, number>> = { notice: 0, warning: 1, page: 2 };

export function isWorse(one: Severity, other: Severity): boolean {
  return weights[one] > weights[other];
}

export function worst(severities: readonly Severity[]): Severity {
  return severities.reduce((found, each) => (isWorse(each, found) ? each : found), 'notice');
}
