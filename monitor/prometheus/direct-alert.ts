import type { Severity } from '../decide/rule.ts';

/** An alert that Prometheus sees by itself, in what the homeserver and the bridge export: also while no monitor runs. */
export interface DirectAlert {
  readonly rule: string;
  readonly severity: Exclude<Severity, 'notice'>;
  readonly expression: string;
  /** The label that says what of several it is about. */
  readonly subject: string;
  /** How long it must be so; the rule's own time where nothing is said. */
  readonly forMs?: number;
  /** Series and values (one a minute, in promtool's notation) with which it fires after ten minutes, and does not. */
  readonly fires: readonly Series[];
  readonly rests: readonly Series[];
}

export type Series = readonly [series: string, values: string];

export const seconds = (ms: number) => ms / 1000;
export const always = (value: number | string) => `${value}x20`;
export const severities = ['page', 'warning'] as const;

/** A gauge of one process against the two limits of a rule. */
export function gaugeAlerts(
  rule: string,
  gauge: { readonly expression: string; readonly series: string; readonly subject: string; readonly rests: number },
  limits: { readonly pageMs: number; readonly warningMs: number },
  alsoRests: readonly Series[] = [],
): DirectAlert[] {
  const { expression, series, subject, rests } = gauge;
  return severities.map((severity) => {
    const limit = seconds(severity === 'page' ? limits.pageMs : limits.warningMs);
    return {
      ...{ rule, severity, subject, expression: `${expression} >= ${limit}` },
      fires: [[series, always(limit * 1.1)]],
      rests: [[series, always(severity === 'page' ? limit * 0.9 : rests)], ...alsoRests],
    };
  });
}
