import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { type StateTuple, stateTuple, stateTupleOf } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import type { HotRoom } from './hot-room.ts';
import { loadStateEvents } from './load-state-events.ts';
import { readStatesAfter, type StateAfter } from './read-state-after.ts';
import type { ParsedEvent } from './received-event.ts';
import { loadAuthGraph, resolveRoomState } from './resolve-room-state.ts';
import type { RoomReceiver } from './room-receiver.ts';
import { type Override, type Overrides, type StatePlace } from './state-overrides.ts';

/** The state before an event. */
export interface StateBefore {
  readonly overrides: Overrides;
  /** Where it is stored: after the event's only prev event. Undefined where it is nobody's state so far. */
  readonly place: StatePlace | undefined;
}

/** The state before an event whose prev events are here: that after them, resolved where they do not agree. */
export async function findStateBefore(receiver: RoomReceiver, event: ParsedEvent): Promise<StateBefore> {
  const { shard, room } = receiver;
  if (event.stateBefore) {
    return { overrides: await givenState(receiver, event.stateBefore), place: undefined };
  }
  const states: { readonly overrides: Overrides; readonly place: StatePlace }[] = [];
  const elsewhere: number[] = [];
  for (const eventId of event.prevEventIds) {
    const extremity = room.extremities.find((candidate) => candidate.eventId === eventId);
    const position = receiver.placeOf(eventId);
    if (extremity) states.push(extremity);
    else if (position !== undefined) elsewhere.push(position);
  }
  states.push(...(await statesAfter(shard, room, elsewhere)));
  const [only] = states;
  if (only && states.length === 1) return only;
  const overrides = await resolveRoomState(
    shard,
    room,
    states.map((state) => state.overrides),
  );
  return { overrides, place: undefined };
}

/** The states after events that are no extremities, by position: as a rule many events follow the same ones. */
async function statesAfter(shard: OwnedShard, room: HotRoom, positions: readonly number[]): Promise<StateAfter[]> {
  const kept = positions.map((position) => room.statesAfter.get(position));
  const missing = positions.filter((_, index) => kept[index]?.stateVersion !== room.stateVersion);
  if (missing.length > 0) {
    await shard.settled();
    for (const [position, state] of await readStatesAfter(shard.context, room.name, missing)) {
      room.statesAfter.set(position, { ...state, stateVersion: room.stateVersion });
    }
  }
  return positions.flatMap((position) => room.statesAfter.get(position) ?? []);
}

/** A state that is given whole, as differences from the current one. Rejected events are no state. */
async function givenState(receiver: RoomReceiver, eventIds: readonly string[]): Promise<Overrides> {
  const { shard, room } = receiver;
  await receiver.lookUp([], new Set(eventIds));
  const { current } = await loadAuthGraph(shard, room);
  const given = new Map<StateTuple, Override>();
  for (const eventId of eventIds) {
    const known = receiver.known(eventId);
    const tuple = known && stateTupleOf(known.event.pdu);
    if (!known || known.isRejected || tuple === undefined) continue;
    const { type, state_key: stateKey = '' } = known.event.pdu;
    given.set(tuple, { type, stateKey, event: { eventId, position: known.position } });
  }
  const overrides = new Map([...given].filter(([tuple, { event }]) => current.get(tuple) !== event?.eventId));
  const lacking = [...current].flatMap(([tuple, eventId]) => (given.has(tuple) ? [] : eventId));
  await receiver.lookUp([], new Set(lacking));
  for (const eventId of lacking) {
    const pdu = receiver.known(eventId)?.event.pdu;
    if (pdu?.state_key === undefined) continue;
    const { type, state_key: stateKey } = pdu;
    overrides.set(stateTuple(type, stateKey), { type, stateKey, event: undefined });
  }
  return overrides;
}

/** A state as far as authorising an event and taking its place in it look at it. */
export async function loadStateView(
  shard: OwnedShard,
  room: HotRoom,
  overrides: Overrides,
  event: IdentifiedPdu,
): Promise<AuthState> {
  const { pdu } = event;
  const asked: [string, string][] = [['m.room.create', ''], ...selectAuthEvents(room.rules, pdu)];
  asked.push(['m.room.power_levels', '']);
  if (pdu.state_key !== undefined) asked.push([pdu.type, pdu.state_key]);
  const refs = asked.flatMap(([type, stateKey]) => overrides.get(stateTuple(type, stateKey))?.event ?? []);
  const events = await loadStateEvents(shard, room, refs);
  return {
    get(type, stateKey) {
      const override = overrides.get(stateTuple(type, stateKey));
      if (!override) return room.get(type, stateKey);
      return override.event && events.get(override.event.eventId);
    },
  };
}
