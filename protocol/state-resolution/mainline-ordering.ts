import type { IdentifiedPdu } from '../events/pdu.ts';
import { createEventHeap } from './event-heap.ts';
import { compareByTime } from './power-ordering.ts';
import { findAuthEvent, type ResolutionInput, requireEvent } from './resolution-input.ts';
import type { StepCounter } from './step-counter.ts';

/**
 * Events in mainline ordering: those that were allowed by older power levels come first, then by time, then by id.
 * `powerLevelsId` is the power levels event of the partially resolved state, the mainline's head.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions
 */
export function* orderByMainline(
  input: ResolutionInput,
  eventIds: Iterable<string>,
  powerLevelsId: string | undefined,
  steps: StepCounter,
): Generator<void, IdentifiedPdu[]> {
  const positions = yield* readMainline(input, powerLevelsId, steps);
  const heap = createEventHeap(comparePositionedEvents);
  for (const eventId of eventIds) {
    const event = requireEvent(input, eventId);
    const position = yield* findMainlinePosition(input, event, positions, steps);
    heap.push({ event, position });
  }
  const ordered: IdentifiedPdu[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) {
    if (steps.spend(4)) yield;
    ordered.push(item.event);
  }
  return ordered;
}

interface PositionedEvent {
  readonly event: IdentifiedPdu;
  /** 0 for the mainline's head; Infinity for an event that no power levels event of the mainline stands behind. */
  readonly position: number;
}

function comparePositionedEvents(left: PositionedEvent, right: PositionedEvent): number {
  if (left.position !== right.position) return right.position - left.position;
  return compareByTime(left.event, right.event);
}

/** The mainline as positions by event id. */
function* readMainline(
  input: ResolutionInput,
  powerLevelsId: string | undefined,
  steps: StepCounter,
): Generator<void, Map<string, number>> {
  const positions = new Map<string, number>();
  let powerLevels = powerLevelsId === undefined ? undefined : requireEvent(input, powerLevelsId);
  // Only forged event ids of versions 1 and 2 can lead back to an event that was seen.
  while (powerLevels !== undefined && !positions.has(powerLevels.eventId)) {
    if (steps.spend(4)) yield;
    positions.set(powerLevels.eventId, positions.size);
    powerLevels = findAuthEvent(input, powerLevels, 'm.room.power_levels');
  }
  return positions;
}

/**
 * The mainline position of an event. What is found for the power levels events on the way is added to `positions`, so
 * that no chain is walked twice.
 */
function* findMainlinePosition(
  input: ResolutionInput,
  event: IdentifiedPdu,
  positions: Map<string, number>,
  steps: StepCounter,
): Generator<void, number> {
  const walked = new Set<string>();
  let powerLevels = findAuthEvent(input, event, 'm.room.power_levels');
  while (powerLevels !== undefined && !positions.has(powerLevels.eventId) && !walked.has(powerLevels.eventId)) {
    if (steps.spend(4)) yield;
    walked.add(powerLevels.eventId);
    powerLevels = findAuthEvent(input, powerLevels, 'm.room.power_levels');
  }
  if (steps.spend(4)) yield;
  const position = powerLevels === undefined ? Infinity : (positions.get(powerLevels.eventId) ?? Infinity);
  for (const eventId of walked) positions.set(eventId, position);
  return position;
}
