import { applyAllowedEvents, currentEventId, type PartialState } from './apply-allowed-events.ts';
import { findFullConflictedSet } from './full-conflicted-set.ts';
import { orderByMainline } from './mainline-ordering.ts';
import { orderPowerEvents } from './power-ordering.ts';
import type { ResolutionInput } from './resolution-input.ts';
import { separateConflicts } from './separate-conflicts.ts';
import { type StateMap, type StateTuple, stateTuple } from './state-map.ts';
import type { StepCounter } from './step-counter.ts';

/**
 * State resolution of room versions 2 to 11 (v2) and 12 (v2.1), which differ in the state that the auth checks start
 * from and in the conflicted state subgraph.
 * https://spec.matrix.org/v1.19/rooms/v2/#algorithm, https://spec.matrix.org/v1.19/rooms/v12/#algorithm, MSC4297
 */
export function* resolveStateV2(input: ResolutionInput, steps: StepCounter): Generator<void, StateMap> {
  const separated = yield* separateConflicts(input.stateSets, true, steps);
  const { unconflicted } = separated;
  if (separated.conflicted.size === 0) return unconflicted;
  const fullConflictedSet = yield* findFullConflictedSet(input, separated, steps);
  const agreed = agreedState(input, unconflicted);
  const base = input.rules.stateResolution === 'v2.1' ? new Map<StateTuple, string>() : agreed;
  const state: PartialState = { base, applied: new Map() };
  const powerEvents = yield* orderPowerEvents(input, fullConflictedSet, steps);
  yield* applyAllowedEvents(input, powerEvents, state, steps);
  for (const event of powerEvents) fullConflictedSet.delete(event.eventId);
  const powerLevelsId = currentEventId(state, stateTuple('m.room.power_levels', ''));
  const remaining = yield* orderByMainline(input, fullConflictedSet, powerLevelsId, steps);
  yield* applyAllowedEvents(input, remaining, state, steps);
  // What the states agree on stands, whatever the auth checks made of it.
  for (const [tuple, eventId] of state.applied) {
    if (agreed.get(tuple) === undefined) unconflicted.set(tuple, eventId);
  }
  return unconflicted;
}

/** What the states agree on, whether they have it or leave it out. */
function agreedState({ agreed }: ResolutionInput, unconflicted: StateMap): Pick<StateMap, 'get'> {
  return agreed ? { get: (tuple) => unconflicted.get(tuple) ?? agreed.getEventId(tuple) } : unconflicted;
}
