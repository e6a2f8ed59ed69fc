import { defaultStepsPerSlice, type ResolutionInput } from './resolution-input.ts';
import { resolveStateV1 } from './resolve-state-v1.ts';
import { resolveStateV2 } from './resolve-state-v2.ts';
import type { StateMap } from './state-map.ts';
import { createStepCounter } from './step-counter.ts';

/**
 * Resolves states into one, in slices: the generator yields after each bounded piece of work, so that the caller can
 * let other work run, and returns the resolved state. The result depends on the set of states only, never on their
 * order or on the slices.
 *
 * Throws an Error where an event that `ResolutionInput` demands is not loaded.
 * https://spec.matrix.org/v1.19/rooms/ (each version's state resolution)
 */
export function* resolveStateInSlices(input: ResolutionInput): Generator<void, StateMap> {
  const steps = createStepCounter(input.stepsPerSlice ?? defaultStepsPerSlice);
  const stateSets = [...new Set(input.stateSets)];
  const [only] = stateSets;
  if (only === undefined) return new Map();
  if (stateSets.length === 1) return only;
  const distinct = { ...input, stateSets };
  return yield* input.rules.stateResolution === 'v1'
    ? resolveStateV1(distinct, steps)
    : resolveStateV2(distinct, steps);
}

/** Resolves states into one without a pause. */
export function resolveState(input: ResolutionInput): StateMap {
  const slices = resolveStateInSlices(input);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}
