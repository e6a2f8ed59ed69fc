/** A figure of a drill and what it must not be. */
export interface Finding {
  readonly what: string;
  readonly value: string;
  /** What it was measured against, for the table. */
  readonly limit: string;
  readonly passed: boolean;
  /** It says how fast something was, which the machine has a part in. */
  readonly isTime?: true;
}

/** From here on, seconds are easier to read. */
const shownInSecondsMs = 10_000;

export function finding(what: string, value: number | string, limit: string, passed: boolean): Finding {
  return { what, value: String(value), limit, passed };
}

/** A number that must be 0. */
export function noneOf(what: string, count: number): Finding {
  return finding(what, count, '0', count === 0);
}

/** A time that must not be longer; infinity: it never came to it. */
export function within(what: string, ms: number, limitMs: number): Finding {
  const show = limitMs < shownInSecondsMs ? showMs : showSeconds;
  return ofTime(finding(what, show(ms), show(limitMs), ms <= limitMs));
}

/** Says of a figure that it is one of time. */
export function ofTime(measured: Finding): Finding {
  return { ...measured, isTime: true };
}

/** Whether nothing but limits of time was missed: a busy machine can be the reason. */
export function isOnlyLate(findings: readonly Finding[]): boolean {
  return findings.every(({ passed, isTime }) => passed || isTime);
}

function showMs(ms: number): string {
  return Number.isFinite(ms) ? `${Math.round(ms)} ms` : 'never';
}

/** For people. Infinity: it never came to it. */
export function showSeconds(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1_000).toFixed(1)} s` : 'never';
}
