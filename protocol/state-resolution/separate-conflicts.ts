import type { StateMap, StateTuple } from './state-map.ts';
import type { StepCounter } from './step-counter.ts';

/** State sets, split into what they agree on and what they do not. */
export interface SeparatedState {
  readonly unconflicted: Map<StateTuple, string>;
  /** The different event ids of each conflicted tuple. */
  readonly conflicted: ReadonlyMap<StateTuple, ReadonlySet<string>>;
}

/**
 * Splits state sets. From room version 2 on a tuple that some of the states lack is conflicted
 * (`absenceConflicts`); in version 1 only different events are.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions, https://spec.matrix.org/v1.19/rooms/v1/#state-resolution
 */
export function* separateConflicts(
  stateSets: readonly StateMap[],
  absenceConflicts: boolean,
  steps: StepCounter,
): Generator<void, SeparatedState> {
  const unconflicted = new Map<StateTuple, string>();
  const conflicted = new Map<StateTuple, Set<string>>();
  const seen = new Set<StateTuple>();
  for (const [index, states] of stateSets.entries()) {
    for (const tuple of states.keys()) {
      if (steps.spend(stateSets.length)) yield;
      // A tuple is judged at the first state that has it.
      if (index > 0 && seen.has(tuple)) continue;
      if (stateSets.length > 1) seen.add(tuple);
      const candidates = collectCandidates(stateSets, tuple);
      const [only] = candidates.eventIds;
      const agrees = candidates.eventIds.size === 1 && !(absenceConflicts && candidates.isAbsentSomewhere);
      if (agrees && only !== undefined) unconflicted.set(tuple, only);
      else conflicted.set(tuple, candidates.eventIds);
    }
  }
  return { unconflicted, conflicted };
}

function collectCandidates(
  stateSets: readonly StateMap[],
  tuple: StateTuple,
): { eventIds: Set<string>; isAbsentSomewhere: boolean } {
  const eventIds = new Set<string>();
  let isAbsentSomewhere = false;
  for (const states of stateSets) {
    const eventId = states.get(tuple);
    if (eventId === undefined) isAbsentSomewhere = true;
    else eventIds.add(eventId);
  }
  return { eventIds, isAbsentSomewhere };
}
