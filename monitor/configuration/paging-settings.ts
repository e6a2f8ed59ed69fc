/** A person of the roster. Names are those of the configuration file. */
export interface PersonSettings {
  readonly name?: string;
  readonly reach: readonly ReachSettings[];
}

export interface ReachSettings {
  readonly notifier: string;
  readonly address: string;
  /** Used when the others were of no use: another provider, another telephone. */
  readonly second?: boolean;
}

export interface RosterSettings {
  readonly time_zone: string;
  readonly people: readonly string[];
  readonly start: string;
  readonly hand_over?: string;
  readonly every_days?: number;
  readonly overrides?: readonly { readonly person: string; readonly from: string; readonly to: string }[];
}

/** In milliseconds since the incident became a page. */
export interface EscalationPolicyTimes {
  readonly again_after_ms?: number;
  readonly next_person_after_ms?: number;
  readonly everybody_after_ms?: number;
  readonly second_provider_after_ms?: number;
  readonly repeat_every_ms?: number;
  readonly acknowledgement_lasts_ms?: number;
}

/** Planned work: what it is expected to break wakes nobody. Without rules everything is expected. */
export interface MaintenanceSettings {
  readonly from: string;
  readonly to: string;
  readonly rules?: readonly string[];
  readonly by?: string;
  readonly reason: string;
}
