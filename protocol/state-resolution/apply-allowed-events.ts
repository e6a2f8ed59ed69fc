import type { AuthState } from '../authorization/auth-state.ts';
import { authorizeEvent } from '../authorization/authorize-event.ts';
import type { IdentifiedPdu } from '../events/pdu.ts';
import { createEventIdOfRoomId } from '../identifiers/room-id.ts';
import { authEventIdsOf, type ResolutionInput, requireEvent } from './resolution-input.ts';
import { type StateMap, type StateTuple, stateTuple, stateTupleOf } from './state-map.ts';
import { authorizationSteps, type StepCounter } from './step-counter.ts';

/** A state that is being built over another one, which stays as it is. */
export interface PartialState {
  readonly base: Pick<StateMap, 'get'>;
  readonly applied: Map<StateTuple, string>;
}

export function currentEventId({ base, applied }: PartialState, tuple: StateTuple): string | undefined {
  return applied.get(tuple) ?? base.get(tuple);
}

/**
 * Applies each event that the state so far allows, in the order given, and leaves the others out.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions (iterative auth checks)
 */
export function* applyAllowedEvents(
  input: ResolutionInput,
  events: readonly IdentifiedPdu[],
  state: PartialState,
  steps: StepCounter,
): Generator<void, void> {
  for (const event of events) {
    if (steps.spend(authorizationSteps(input.rules, event))) yield;
    const tuple = stateTupleOf(event.pdu);
    if (tuple === undefined) continue;
    const authState = createAuthStateOf(input, event, state);
    if (authorizeEvent(input.rules, event, authState, input.verifySignature).allowed) {
      state.applied.set(tuple, event.eventId);
    }
  }
}

/** The state so far; where it lacks an event, that of the event's own auth events. Rejected events count in neither. */
function createAuthStateOf(input: ResolutionInput, event: IdentifiedPdu, state: PartialState): AuthState {
  return {
    get(type, stateKey) {
      const eventId = currentEventId(state, stateTuple(type, stateKey));
      if (eventId !== undefined && !input.wasRejected?.(eventId)) return requireEvent(input, eventId);
      if (type === 'm.room.create' && input.rules.roomIdIsCreateHash)
        return input.getEvent(createEventIdOfRoomId(event.roomId));
      return findAuthEventFor(input, event, type, stateKey);
    },
  };
}

function findAuthEventFor(
  input: ResolutionInput,
  event: IdentifiedPdu,
  type: string,
  stateKey: string,
): IdentifiedPdu | undefined {
  for (const eventId of authEventIdsOf(event)) {
    const { pdu } = requireEvent(input, eventId);
    if (pdu.type !== type || pdu.state_key !== stateKey) continue;
    if (!input.wasRejected?.(eventId)) return requireEvent(input, eventId);
  }
  return undefined;
}
