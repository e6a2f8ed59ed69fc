import type { Severity } from './rule.ts';

/** One cause with all that follows from it: what a person is woken for, once. */
export interface Incident {
  /** When it began and with what, such as `20170512T025004-database-down`. */
  readonly id: string;
  readonly openedMs: number;
  readonly severity: Severity;
  readonly losesData: boolean;
  /** Key of the alert that explains the others. */
  readonly cause: string;
  /** The cause's sentence. */
  readonly headline: string;
  readonly symptoms: readonly Symptom[];
}

/** Another alert of the incident. */
export interface Symptom {
  readonly key: string;
  readonly summary: string;
  readonly severity: Severity;
}

/** What has happened to an incident, for its timeline. */
export interface IncidentChange {
  readonly atMs: number;
  readonly incident: string;
  readonly kind:
    | 'opened'
    | 'explained'
    | 'grew'
    | 'worsened'
    | 'eased'
    | 'merged'
    | 'cleared'
    | 'closed'
    | 'told'
    | 'acknowledged'
    | 'silenced'
    | 'rostered'
    | 'noted'
    | 'recovered';
  readonly text: string;
  /** Of the alert that it is about, where it is about one. */
  readonly key?: string;
  /** Of the incident that has opened; of an alert that has joined, or has got worse. */
  readonly severity?: Severity;
}
