import { type StateTuple, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { readStateIds, type StateId } from '../storage/rooms/read-auth-graph.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readStatePlaces, readStateSets } from '../storage/rooms/read-fork-states.ts';

/**
 * The room's state before or after a stored event that has its place in the room's history, on whatever branch, as event
 * ids. Four queries at most.
 */
export async function readStateIdsAt(
  context: Context,
  room: RoomName,
  event: StoredEvent,
  side: 'before' | 'after',
): Promise<Map<StateTuple, StateId>> {
  const place = (await readStatePlaces(context, room, [event.position])).get(event.position);
  const [mainLine, sets] = await Promise.all([
    readStateIds(context, room, place?.base ?? event.position),
    readStateSets(context, room, typeof place?.stateSet === 'number' ? [place.stateSet] : []),
  ]);
  const state = new Map(mainLine.map((id) => [stateTuple(id.type, id.stateKey), id]));
  for (const { type, stateKey, event: own } of sets.get(place?.stateSet ?? NaN) ?? []) {
    if (own) state.set(stateTuple(type, stateKey), { type, stateKey, ...own });
    else state.delete(stateTuple(type, stateKey));
  }
  if (side === 'before') await takeOut(context, state, event);
  return state;
}

/** Puts back what a state event replaced. A rejected one replaced nothing. */
async function takeOut(context: Context, state: Map<StateTuple, StateId>, event: StoredEvent): Promise<void> {
  const { type, state_key: stateKey } = event.pdu;
  if (stateKey === undefined || (event.flags & eventFlags.rejected) !== 0) return;
  const { replaces_state: replacedId } = event.unsigned;
  const replaced = replacedId === undefined ? undefined : await readEventById(context, replacedId);
  const tuple = stateTuple(type, stateKey);
  if (replaced) state.set(tuple, { type, stateKey, eventId: replaced.eventId, position: replaced.position });
  else state.delete(tuple);
}
