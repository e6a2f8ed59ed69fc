import type { AuthState } from '../authorization/auth-state.ts';
import { authorizeEvent } from '../authorization/authorize-event.ts';
import type { IdentifiedPdu } from '../events/pdu.ts';
import { type ResolutionInput, requireEvent } from './resolution-input.ts';
import { separateConflicts } from './separate-conflicts.ts';
import { sha1Hex } from './sha1.ts';
import { type StateMap, type StateTuple, stateTuple } from './state-map.ts';
import { authorizationSteps, type StepCounter } from './step-counter.ts';

/** The types whose conflicts are settled first, in this order; each sees the outcome of those before it. */
const authTypes = ['m.room.power_levels', 'm.room.join_rules', 'm.room.member'];

/**
 * State resolution of room version 1. It is known to reset state; it is here because the rooms are.
 * https://spec.matrix.org/v1.19/rooms/v1/#state-resolution
 *
 * Where the specification leaves a choice, this does what the network does: conflicts of one type do not see each
 * other's outcome, and where no candidate for other state is allowed, the one of least depth stays.
 */
export function* resolveStateV1(input: ResolutionInput, steps: StepCounter): Generator<void, StateMap> {
  const { unconflicted: resolved, conflicted } = yield* separateConflicts(input.stateSets, false, steps);
  const candidates = new Map<StateTuple, IdentifiedPdu[]>();
  for (const [tuple, eventIds] of conflicted) {
    if (steps.spend(20 * eventIds.size)) yield;
    candidates.set(tuple, orderByDepth([...eventIds].map((eventId) => requireEvent(input, eventId))));
  }
  for (const type of authTypes) {
    const chosen = new Map<StateTuple, string>();
    for (const [tuple, events] of candidates) {
      if (events[0]?.pdu.type !== type) continue;
      chosen.set(tuple, yield* chooseAuthEvent(input, resolved, tuple, events, steps));
      candidates.delete(tuple);
    }
    for (const [tuple, eventId] of chosen) resolved.set(tuple, eventId);
  }
  const others = new Map<StateTuple, string>();
  for (const [tuple, events] of candidates) others.set(tuple, yield* chooseOtherEvent(input, resolved, events, steps));
  for (const [tuple, eventId] of others) resolved.set(tuple, eventId);
  return resolved;
}

/** Ascending depth, then descending SHA-1 of the event id. */
function orderByDepth(events: IdentifiedPdu[]): IdentifiedPdu[] {
  const keyed = events.map((event) => ({ event, hash: sha1Hex(event.eventId) }));
  keyed.sort((left, right) => {
    if (left.event.pdu.depth !== right.event.pdu.depth) return left.event.pdu.depth - right.event.pdu.depth;
    return left.hash < right.hash ? 1 : -1;
  });
  return keyed.map(({ event }) => event);
}

/** The last event up to which each one is allowed by the one before it. */
function* chooseAuthEvent(
  input: ResolutionInput,
  resolved: StateMap,
  tuple: StateTuple,
  events: readonly IdentifiedPdu[],
  steps: StepCounter,
): Generator<void, string> {
  let chosen = events[0] as IdentifiedPdu;
  for (const event of events.slice(1)) {
    if (steps.spend(authorizationSteps(input.rules, event))) yield;
    const state = createAuthState(input, resolved, tuple, chosen);
    if (!authorizeEvent(input.rules, event, state, input.verifySignature).allowed) break;
    chosen = event;
  }
  return chosen.eventId;
}

/** The deepest event that is allowed. */
function* chooseOtherEvent(
  input: ResolutionInput,
  resolved: StateMap,
  events: readonly IdentifiedPdu[],
  steps: StepCounter,
): Generator<void, string> {
  const state = createAuthState(input, resolved, undefined, undefined);
  for (const event of events.toReversed()) {
    if (steps.spend(authorizationSteps(input.rules, event))) yield;
    if (authorizeEvent(input.rules, event, state, input.verifySignature).allowed) return event.eventId;
  }
  return (events[0] as IdentifiedPdu).eventId;
}

function createAuthState(
  input: ResolutionInput,
  resolved: StateMap,
  ownTuple: StateTuple | undefined,
  chosen: IdentifiedPdu | undefined,
): AuthState {
  return {
    get(type, stateKey) {
      const tuple = stateTuple(type, stateKey);
      if (tuple === ownTuple) return chosen;
      const eventId = resolved.get(tuple) ?? input.agreed?.getEventId(tuple);
      return eventId === undefined ? undefined : requireEvent(input, eventId);
    },
  };
}
