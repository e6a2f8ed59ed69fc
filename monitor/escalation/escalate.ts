import type { Incident } from '../decide/incident.ts';
import type { EscalationPolicy, EscalationStep, Ways } from './escalation-policy.ts';
import { isSilenced, type MaintenanceWindow } from './maintenance-window.ts';

/** How far the paging for one incident is. Plain data: another monitor goes on with it. */
export interface Escalation {
  readonly incident: string;
  readonly startedMs: number;
  /** Steps that are done. */
  readonly step: number;
  readonly nextMs: number;
  /** Messages sent so far: each has its own number, by which a repetition is known. */
  readonly sent: number;
  /** Who was told, and is told when it is over. */
  readonly told: readonly string[];
  /** Keys of the alerts, bad enough for a page, that whoever was called knows of. */
  readonly pages?: readonly string[];
  /** Whose first provider failed, to be tried over the second one at once. */
  readonly unreached: readonly string[];
  readonly acknowledgement?: { readonly by: string; readonly atMs: number } | undefined;
  readonly headline: string;
}

/** A message to be sent; who sends it finds out over which providers. */
export interface PageOrder {
  /** The incident and a number. */
  readonly id: string;
  readonly incident: string;
  readonly kind: 'page' | 'all-clear';
  readonly person: string;
  readonly ways: Ways;
  readonly headline: string;
  /** What has joined the incident since somebody was called, where that is why they are called again. */
  readonly news?: string;
}

export interface EscalationInput {
  readonly atMs: number;
  /** All that are open. */
  readonly incidents: readonly Incident[];
  /** Those that became a part of another one, whose end is no end. */
  readonly merged: readonly string[];
  /** Who is on duty, then the others in their order. */
  readonly onDuty: readonly string[];
  readonly windows: readonly MaintenanceWindow[];
  readonly policy: EscalationPolicy;
}

export interface EscalationResult {
  readonly escalations: readonly Escalation[];
  readonly orders: readonly PageOrder[];
}

/** What shows in the first minutes belongs to what somebody is called for anyway. */
const firstWaveMs = 120_000;

/**
 * Who has to be told what now. Pure; called in every round. A page rests only when somebody has acknowledged it, when it
 * is over, or when a maintenance window expects it and no data is being lost. What joins a page later and would be one
 * of its own calls once more, also whoever has acknowledged it: they know of something smaller.
 */
export function escalate(before: readonly Escalation[], input: EscalationInput): EscalationResult {
  const orders: PageOrder[] = [];
  const escalations: Escalation[] = [];
  const known = new Map(before.map((escalation) => [escalation.incident, escalation]));
  for (const incident of input.incidents) {
    const old = known.get(incident.id);
    known.delete(incident.id);
    const isDue = incident.severity === 'page' && !isSilenced(incident, input.windows, input.atMs);
    if (!old && !isDue) continue;
    const current = { ...(old ?? begin(incident.id, input)), headline: incident.headline };
    escalations.push(isDue ? advance(noteGrowth(current, incident, input, orders), input, orders) : current);
  }
  for (const over of known.values()) {
    if (input.merged.includes(over.incident)) continue;
    for (const [index, person] of over.told.entries()) {
      orders.push(order(over, 'all-clear', person, 'first', over.sent + index));
    }
  }
  return { escalations, orders };
}

function begin(incident: string, { atMs, policy }: EscalationInput): Escalation {
  const nextMs = atMs + (policy.steps[0]?.afterMs ?? 0);
  return { incident, startedMs: atMs, step: 0, nextMs, sent: 0, told: [], unreached: [], headline: '' };
}

function noteGrowth(
  before: Escalation,
  incident: Incident,
  { atMs, onDuty, policy }: EscalationInput,
  orders: PageOrder[],
): Escalation {
  const symptoms = incident.symptoms.filter(({ severity }) => severity === 'page');
  const keys = [incident.cause, ...symptoms.map(({ key }) => key)];
  const known = before.pages ?? keys;
  const joined = symptoms.find(({ key }) => !known.includes(key));
  const escalation = { ...before, pages: [...new Set([...known, ...keys])] };
  const [first] = onDuty;
  if (!joined || first === undefined || atMs - before.startedMs < firstWaveMs) return escalation;
  const told = tell(escalation, first, 'first', orders, joined.summary);
  if (!told.acknowledgement) return told;
  // That call was the first step of a new round of calls.
  const { acknowledgement: _, ...open } = told;
  const nextMs = atMs + (policy.steps[1]?.afterMs ?? policy.repeatEveryMs);
  return { ...open, startedMs: atMs, step: 1, nextMs };
}

function advance(before: Escalation, input: EscalationInput, orders: PageOrder[]): Escalation {
  const { atMs, policy } = input;
  let escalation = before;
  if (escalation.acknowledgement) {
    if (atMs - escalation.acknowledgement.atMs < policy.acknowledgementLastsMs) return escalation;
    // Whoever took it has had an hour; it begins again, at once.
    escalation = { ...escalation, acknowledgement: undefined, startedMs: atMs, step: 0, nextMs: atMs };
  }
  for (const person of escalation.unreached) escalation = tell(escalation, person, 'second', orders);
  escalation = { ...escalation, unreached: [] };
  // Steps that were missed while no monitor ran are not made up for one by one: the newest of them is done.
  while (atMs >= escalation.nextMs) {
    const step = policy.steps[escalation.step];
    const nextStep = policy.steps[escalation.step + 1];
    const nextMs = nextStep ? escalation.startedMs + nextStep.afterMs : atMs + policy.repeatEveryMs;
    const isSkipped = nextStep !== undefined && nextMs <= atMs;
    if (!isSkipped) {
      for (const [person, ways] of chooseWhom(step, input)) escalation = tell(escalation, person, ways, orders);
    }
    escalation = { ...escalation, step: escalation.step + 1, nextMs };
  }
  return escalation;
}

/** The people of a step and their ways. After the last step it is everybody, over everything. */
function chooseWhom(step: EscalationStep | undefined, { onDuty }: EscalationInput): (readonly [string, Ways])[] {
  const whom = step?.whom ?? 'everybody';
  const ways = step?.ways ?? 'all';
  const [first, second] = onDuty;
  if (whom === 'everybody') return onDuty.map((person) => [person, ways]);
  // Where only one person is on the roster, that person is the next one too.
  const person = whom === 'next' ? (second ?? first) : first;
  return person === undefined ? [] : [[person, ways]];
}

function tell(escalation: Escalation, person: string, ways: Ways, orders: PageOrder[], news?: string): Escalation {
  const page = order(escalation, 'page', person, ways, escalation.sent);
  orders.push(news === undefined ? page : { ...page, news });
  const told = escalation.told.includes(person) ? escalation.told : [...escalation.told, person];
  return { ...escalation, sent: escalation.sent + 1, told };
}

function order(
  { incident, headline }: Escalation,
  kind: PageOrder['kind'],
  person: string,
  ways: Ways,
  number: number,
): PageOrder {
  return { id: `${incident}.${number}`, incident, kind, person, ways, headline };
}

/** Somebody takes it: nobody else is called. Unknown incidents are none of anybody's business. */
export function acknowledge(
  before: readonly Escalation[],
  incident: string,
  by: string,
  atMs: number,
): readonly Escalation[] {
  return before.map((escalation) =>
    escalation.incident === incident ? { ...escalation, acknowledgement: { by, atMs } } : escalation,
  );
}

/**
 * No provider took a message: the person is tried over the second one at once, and where that failed too, the next step
 * comes now instead of later.
 */
export function noteUndelivered(
  before: readonly Escalation[],
  { incident, person, ways }: Pick<PageOrder, 'incident' | 'person' | 'ways'>,
  atMs: number,
): readonly Escalation[] {
  return before.map((escalation) => {
    if (escalation.incident !== incident || escalation.acknowledgement) return escalation;
    if (ways === 'first') return { ...escalation, unreached: [...new Set([...escalation.unreached, person])] };
    // What comes sooner moves everything behind it too.
    const gainMs = Math.max(0, escalation.nextMs - atMs);
    return { ...escalation, nextMs: atMs, startedMs: escalation.startedMs - gainMs };
  });
}
