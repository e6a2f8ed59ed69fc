import { type DecisionState, emptyDecisionState } from '../decide/decide.ts';
import type { IncidentChange } from '../decide/incident.ts';
import type { Escalation } from '../escalation/escalate.ts';
import type { KeptOverride } from '../escalation/kept-override.ts';
import type { Duty } from '../escalation/plan-duty.ts';
import type { Silence } from '../escalation/silence.ts';
import type { RestedProcess } from '../recover/choose-recoveries.ts';

/** Everything that the monitor that pages remembers. Plain data. */
export interface MonitorState {
  /** The monitor's time at which it was saved: of two, the later one is right. */
  readonly savedMs: number;
  readonly decision: DecisionState;
  readonly escalations: readonly Escalation[];
  /** The newest last. */
  readonly timeline: readonly IncidentChange[];
  /** What administrators silenced, from now on or planned. */
  readonly silences: readonly Silence[];
  /** Rules that can be silenced: those that do not mean that data is being lost. For those who plan. */
  readonly silenceable: readonly string[];
  /** Who stands in because administrators said so. */
  readonly overrides: readonly KeptOverride[];
  /** Processes that this monitor asked to rest. */
  readonly rested: readonly RestedProcess[];
  /** Who is on duty and who will be, for those who look. */
  readonly duty: Duty;
}

export const emptyMonitorState: MonitorState = {
  ...{
    savedMs: 0,
    decision: emptyDecisionState,
    escalations: [],
    timeline: [],
    silences: [],
    silenceable: [],
    overrides: [],
    rested: [],
    duty: { order: [], shifts: [], people: [] },
  },
};

const mostTimelineEntries = 500;

export function addToTimeline(state: MonitorState, entries: readonly IncidentChange[]): MonitorState {
  return { ...state, timeline: [...state.timeline, ...entries].slice(-mostTimelineEntries) };
}

/** What was stored, if it is of this form; a state that cannot be read is none. */
export function parseMonitorState(text: string | undefined): MonitorState | undefined {
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as Partial<MonitorState>;
    const isWhole = typeof state.savedMs === 'number' && Array.isArray(state.decision?.alerts);
    return isWhole ? { ...emptyMonitorState, ...state } : undefined;
  } catch {
    return undefined;
  }
}
