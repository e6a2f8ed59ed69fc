/**
 * Counts the work of a resolution, so that it can pause after a bounded amount of it. The protocol core has no clock:
 * a step is about as much as looking up and comparing one event.
 */
export interface StepCounter {
  /** Adds steps; true when a slice is full and the generator that asks should yield. */
  spend(steps: number): boolean;
}

export function createStepCounter(stepsPerSlice: number): StepCounter {
  let left = stepsPerSlice;
  return {
    spend(steps) {
      left -= steps;
      if (left > 0) return false;
      left = stepsPerSlice;
      return true;
    },
  };
}

/** Steps that authorising an event takes; comparing two m.room.power_levels of full size takes the larger one. */
export const authorizationSteps = 20;
export const powerLevelsSteps = 600;
