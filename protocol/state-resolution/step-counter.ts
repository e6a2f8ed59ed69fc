import { type PowerLevels, parsePowerLevels } from '../authorization/power-levels.ts';
import type { IdentifiedPdu } from '../events/pdu.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';

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

/** Reading an m.room.power_levels event takes a step for each entry; afterwards it is known. */
export function powerLevelsSteps(powerLevels: PowerLevels): number {
  return 4 + powerLevels.users.size + powerLevels.events.size;
}

/** Authorising an event; power levels are compared with others entry by entry. */
export function authorizationSteps(rules: RoomVersionRules, event: IdentifiedPdu): number {
  const isPowerLevels = event.pdu.type === 'm.room.power_levels';
  return 20 + (isPowerLevels ? powerLevelsSteps(parsePowerLevels(rules, event)) : 0);
}
