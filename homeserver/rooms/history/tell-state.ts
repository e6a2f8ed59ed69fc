import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { eventFlags } from '../../storage/rooms/event-row.ts';
import { readWireEvents, readWireTexts, type WireEvent } from '../../storage/rooms/read-wire-events.ts';
import { readAuthChain } from '../auth-chain.ts';
import { partialRoomsOf } from '../remote/partial-rooms.ts';
import { readStateIdsAt } from '../state-at-event.ts';
import { requireHistoryReader } from './require-history-reader.ts';

/** So many events are read and put together at once; others have their turn in between. */
const eventsPerStep = 500;

/**
 * The ids of the state before an event, and of its auth chain. Throws M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1state_idsroomid
 */
export async function tellStateIds(
  context: Context,
  serverName: string,
  roomId: string,
  eventId: string,
): Promise<{ stateIds: string[]; authChainIds: string[] }> {
  const { room, event } = await findPlacedEvent(context, serverName, roomId, eventId);
  const state = [...(await readStateIdsAt(context, room, event, 'before')).values()];
  const chain = await readAuthChain(context, room, state);
  return { stateIds: state.map((entry) => entry.eventId), authChainIds: chain.map((entry) => entry.eventId) };
}

/**
 * The same as whole events: the reply's JSON in parts. Throws before the first part.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1stateroomid
 */
export async function tellState(
  context: Context,
  serverName: string,
  roomId: string,
  eventId: string,
): Promise<AsyncIterable<string>> {
  const { room, event } = await findPlacedEvent(context, serverName, roomId, eventId);
  const state = [...(await readStateIdsAt(context, room, event, 'before')).values()];
  const chain = await readAuthChain(context, room, state);
  return formatLists(context, room, [
    ['auth_chain', chain.map(({ position }) => position)],
    ['pdus', state.map(({ position }) => position)],
  ]);
}

/**
 * The auth chain of an event: the reply's JSON in parts. Throws M_FORBIDDEN, M_NOT_FOUND before the first part.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1event_authroomideventid
 */
export async function tellEventAuth(
  context: Context,
  serverName: string,
  roomId: string,
  eventId: string,
): Promise<AsyncIterable<string>> {
  const { room, event } = await findEvent(context, serverName, roomId, eventId);
  const direct = await readWireEvents(context, room, event.pdu.auth_events.map(referencedEventId));
  const starts = [...direct.values()];
  const chain = await readAuthChain(context, room, starts);
  const positions = new Set([...starts, ...chain].map(({ position }) => position));
  return formatLists(context, room, [['auth_chain', [...positions]]]);
}

async function findEvent(context: Context, serverName: string, roomId: string, eventId: string) {
  const room = await requireHistoryReader(context, roomId, serverName);
  const event = (await readWireEvents(context, room, [eventId])).get(eventId);
  if (!event) throw new MatrixError('M_NOT_FOUND', 'There is no such event in this room');
  return { room, event };
}

/**
 * Of events that are known as state only, the state before them is not known. In a room of which most members are not
 * known yet, it waits for them: M_UNKNOWN with status 503 after a minute.
 */
async function findPlacedEvent(
  context: Context,
  serverName: string,
  roomId: string,
  eventId: string,
): Promise<{ room: RoomName; event: WireEvent }> {
  let found = await findEvent(context, serverName, roomId, eventId);
  const partialRooms = partialRoomsOf(context);
  if (partialRooms.isPartial(roomId)) {
    await partialRooms.waitUntilWhole(roomId);
    // Its place, and who may know of it, may have changed meanwhile.
    found = await findEvent(context, serverName, roomId, eventId);
  }
  if ((found.event.flags & eventFlags.outlier) === 0) return found;
  throw new MatrixError('M_NOT_FOUND', 'The state at this event is not known here');
}

/** A JSON object of lists of events, which are read step by step. */
async function* formatLists(
  context: Context,
  room: RoomName,
  lists: readonly (readonly [name: string, positions: readonly number[]])[],
): AsyncGenerator<string, void, undefined> {
  let separator = '{';
  for (const [name, positions] of lists) {
    yield `${separator}"${name}":[`;
    for (let index = 0; index < positions.length; index += eventsPerStep) {
      const texts = await readWireTexts(context, room, positions.slice(index, index + eventsPerStep));
      yield `${index === 0 ? '' : ','}${texts.join(',')}`;
    }
    yield ']';
    separator = ',';
  }
  yield '}';
}
