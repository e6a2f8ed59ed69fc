import type { Observations, SourceName, SourceValues } from '../observations/observations.ts';

/** `page` wakes a person, `warning` is for working hours, `notice` stands on the timeline only. */
export type Severity = 'page' | 'warning' | 'notice';

/** Something that is not as it should be, as one round of observations shows it. */
export interface Condition {
  /** What of several it is about, such as a volume's path; '' where there is only one. */
  readonly subject: string;
  readonly severity: Severity;
  /** One sentence with the figures. */
  readonly summary: string;
  /** What was acknowledged is going away, or will with the next fault: nobody can silence this. */
  readonly losesData?: boolean;
}

/** What names an alert, for the rules that explain others. */
export interface AlertName {
  readonly rule: string;
  readonly subject: string;
  readonly severity: Severity;
}

/** A rule whose alerts explain those of another one, and where that needs a closer look, between which subjects. */
export interface Cause {
  readonly rule: string;
  explains?(cause: AlertName, symptom: AlertName): boolean;
}

export interface RuleLook {
  readonly atMs: number;
  /** Whether there is an alert about it now: rules ask for more to end an alert than to begin one. */
  isRaised(subject: string): boolean;
}

export interface Rule {
  /** In kebab-case; docs/operating/alerts/ has a page of this name. */
  readonly name: string;
  /** What has happened, in a few words. */
  readonly title: string;
  /** All that its conditions can have. */
  readonly severities: readonly Severity[];
  /** Its conditions mean that what was acknowledged is going away: nobody can silence it. */
  readonly losesData: boolean;
  /** How long it must be so before it is an alert. */
  readonly raiseAfterMs: number;
  /** How long it must not be so before the alert is over. */
  readonly clearAfterMs: number;
  /** What explains it, the likeliest first. Causes make no circle. */
  readonly causes: readonly Cause[];
  /** `unknown` where its source could not be looked at: then all stays as it is. */
  judge(observations: Observations, look: RuleLook): readonly Condition[] | 'unknown';
}

interface RuleDefinition<Name extends SourceName> {
  readonly name: string;
  readonly title: string;
  readonly severities: readonly Severity[];
  readonly losesData?: true;
  readonly source: Name;
  readonly raiseAfterMs?: number;
  readonly clearAfterMs?: number;
  readonly causes?: readonly (string | Cause)[];
  judge(value: SourceValues[Name], look: RuleLook): readonly Condition[];
}

const defaultRaiseAfterMs = 10_000;
const defaultClearAfterMs = 60_000;

/** A rule over one source. A source that is not configured has no conditions. */
export function defineRule<Name extends SourceName>(definition: RuleDefinition<Name>): Rule {
  const { name, title, severities, source, losesData = false } = definition;
  const { raiseAfterMs = defaultRaiseAfterMs, clearAfterMs = defaultClearAfterMs } = definition;
  const causes = (definition.causes ?? []).map((cause) => (typeof cause === 'string' ? { rule: cause } : cause));
  return {
    ...{ name, title, severities, losesData, raiseAfterMs, clearAfterMs, causes },
    judge({ sources }, look) {
      const seen = sources[source];
      if (!seen) return [];
      if (seen.kind !== 'seen') return 'unknown';
      const conditions = definition.judge(seen.value, look);
      return losesData ? conditions.map((condition) => ({ ...condition, losesData })) : conditions;
    },
  };
}
