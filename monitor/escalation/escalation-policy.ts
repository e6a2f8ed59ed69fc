/** Whom a step tells, and over which of the person's ways. */
export interface EscalationStep {
  /** Since the incident became a page. */
  readonly afterMs: number;
  /** `first`: who is on duty; `next`: the one after; `everybody`: all of the roster. */
  readonly whom: 'first' | 'next' | 'everybody';
  readonly ways: Ways;
}

/** A person's first provider, the second one, or both. */
export type Ways = 'first' | 'second' | 'all';

export interface EscalationPolicy {
  /** In the order of their times. */
  readonly steps: readonly EscalationStep[];
  /** After the last step everybody is told over all ways, this often, until somebody answers. */
  readonly repeatEveryMs: number;
  /** An acknowledged incident that is not over by then begins again. */
  readonly acknowledgementLastsMs: number;
}

/**
 * One phone call was slept through by three people in 2017. Here one person has four minutes; the moments before the
 * first call are for the cause to show itself after its symptoms.
 */
export const defaultPolicy: EscalationPolicy = {
  steps: [
    { afterMs: 10_000, whom: 'first', ways: 'first' },
    { afterMs: 120_000, whom: 'first', ways: 'all' },
    { afterMs: 210_000, whom: 'next', ways: 'first' },
    { afterMs: 420_000, whom: 'everybody', ways: 'first' },
    { afterMs: 540_000, whom: 'everybody', ways: 'second' },
  ],
  repeatEveryMs: 300_000,
  acknowledgementLastsMs: 3_600_000,
};
