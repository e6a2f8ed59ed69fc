import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { readEventPlaces } from '../storage/rooms/read-auth-chain.ts';
import { readStateIdsAfter } from '../storage/rooms/read-state-ids.ts';
import type { EventPlace } from './auth-chain.ts';

/**
 * The whole state of a room before or after one of its placed events, by state tuple. Two queries, one more before state
 * events; forks cost nothing more.
 */
export async function readStateIdsAt(
  context: Context,
  room: RoomName,
  event: Pick<StoredEvent, 'position' | 'pdu' | 'flags' | 'unsigned'>,
  when: 'before' | 'after',
): Promise<Map<string, EventPlace>> {
  const rows = await readStateIdsAfter(context, room, event.position);
  const state = new Map(
    rows.map(({ type, stateKey, eventId, position }) => [stateTuple(type, stateKey), { eventId, position }]),
  );
  const { type, state_key: stateKey } = event.pdu;
  // A rejected event changed nothing: before and after are the same. A soft-failed one is part of the state after it.
  const changedState = stateKey !== undefined && (event.flags & eventFlags.rejected) === 0;
  if (when === 'after' || !changedState) return state;
  const replaced = event.unsigned.replaces_state;
  const [before] = replaced === undefined ? [] : await readEventPlaces(context, room, [replaced]);
  if (before) state.set(stateTuple(type, stateKey), { eventId: before.eventId, position: before.position });
  else state.delete(stateTuple(type, stateKey));
  return state;
}
