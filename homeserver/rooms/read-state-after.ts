import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import {
  readDifferencesSince,
  readStatePlaces,
  readStateSets,
  type StoredDifference,
} from '../storage/rooms/read-fork-states.ts';
import type { Override, Overrides, StatePlace } from './state-overrides.ts';

/** The state after an event. */
export interface StateAfter {
  readonly overrides: Overrides;
  readonly place: StatePlace;
}

/**
 * The states after events (by position) of a room, as differences from its current state in the database. Three queries
 * for any number of events.
 */
export async function readStatesAfter(
  context: Context,
  room: RoomName,
  positions: readonly number[],
): Promise<Map<number, StateAfter>> {
  const places = await readStatePlaces(context, room, positions);
  const [since, sets] = await Promise.all([
    readDifferencesSince(
      context,
      room,
      [...places.values()].map(({ base }) => base),
    ),
    readStateSets(
      context,
      room,
      [...places.values()].flatMap(({ stateSet, parentSet }) => [stateSet ?? [], parentSet ?? []].flat()),
    ),
  ]);
  return new Map(
    [...places].map(([position, { base, stateSet, parentSet }]) => {
      const own = sets.get(stateSet ?? NaN) ?? [];
      // Later ones replace earlier ones.
      const differences = [...(sets.get(parentSet ?? NaN) ?? []), ...own];
      const overrides = overridesOf([...(since.get(base) ?? []), ...differences]);
      const place = { base, stateSet, parentSet, differences: mapOf(differences), own: mapOf(own) };
      return [position, { overrides, place }];
    }),
  );
}

/** Later differences replace earlier ones; what is the current state already is none. */
function overridesOf(differences: readonly StoredDifference[]): Overrides {
  const overrides = new Map<string, Override>();
  for (const difference of differences) {
    const [tuple, override] = entryOf(difference);
    if (difference.event?.eventId === difference.currentEventId) overrides.delete(tuple);
    else overrides.set(tuple, override);
  }
  return overrides;
}

function mapOf(differences: readonly StoredDifference[]): Overrides {
  return new Map(differences.map(entryOf));
}

function entryOf({ type, stateKey, event }: StoredDifference): [string, Override] {
  return [stateTuple(type, stateKey), { type, stateKey, event }];
}
