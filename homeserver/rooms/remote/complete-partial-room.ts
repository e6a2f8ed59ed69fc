import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { askServerForEvents } from '../../remote-servers/received-events/ask-server-for-events.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { findRoom, type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../../storage/rooms/event-row.ts';
import { readEventsById } from '../../storage/rooms/read-events.ts';
import type { PartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { readEventPlaces } from '../../storage/rooms/read-state-spans.ts';
import { addMissingState, maxMembersAtOnce, type StateEventPlace } from './add-missing-state.ts';
import { storeOutliers } from './store-room-state.ts';

const timeoutMs = 10 * 60_000;
const singleTimeoutMs = 30_000;
const maxIdsBytes = 50 * 1024 * 1024;
/** With more events missing than this, the whole state is one request instead of one for each. */
const mostSingleEvents = 10;

/**
 * Brings the members that a join with partial state left out, asking one server. Throws RemoteServerError where it does
 * not tell them; then the next one may. Repeating it is harmless.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1state_idsroomid
 */
export async function completePartialRoom(context: Context, partial: PartialRoom, server: string): Promise<void> {
  const room = await findRoom(context, partial.roomId);
  if (!room) return;
  const prevEventId = await onlyPrevEvent(context, partial.joinEventId);
  const anchorId = prevEventId ?? partial.joinEventId;
  const { stateIds, known, missing } = await readMissing(context, room, server, anchorId);
  if (missing.length > mostSingleEvents) await fetchState(context, room, server, anchorId, known);
  else await fetchEach(context, room, server, missing);
  const last = prevEventId === undefined ? undefined : await readOrFetch(context, room, server, prevEventId);
  await placeMembers(context, room, stateIds, last);
}

/**
 * The event that the join comes after, where there is one alone: whoever is in the room knows it, also servers that have
 * not heard of the join. The state before the join is the state before that event, and the event itself.
 */
async function onlyPrevEvent(context: Context, joinEventId: string): Promise<string | undefined> {
  const join = (await readEventsById(context, [joinEventId])).get(joinEventId);
  const [prev, ...others] = join?.pdu.prev_events ?? [];
  return prev === undefined || others.length > 0 ? undefined : referencedEventId(prev);
}

async function readOrFetch(
  context: Context,
  room: RoomName,
  server: string,
  eventId: string,
): Promise<StoredEvent | undefined> {
  const stored = await readEventsById(context, [eventId]);
  if (stored.has(eventId)) return stored.get(eventId);
  await fetchEach(context, room, server, [eventId]);
  const event = (await readEventsById(context, [eventId])).get(eventId);
  if (!event) throw new RemoteServerError('bad-answer', server, 'it did not tell the event before the join');
  return event;
}

async function readMissing(
  context: Context,
  room: RoomName,
  server: string,
  eventId: string,
): Promise<{ stateIds: string[]; known: string[]; missing: string[] }> {
  const path = pathTo('state_ids', room, eventId);
  const answer = await askServer(context, { server, method: 'GET', path, timeoutMs, maxBytes: maxIdsBytes });
  const stateIds = idsIn(answer['pdu_ids']);
  const authChainIds = idsIn(answer['auth_chain_ids']);
  if (!stateIds || !authChainIds) throw new RemoteServerError('bad-answer', server, 'it did not tell ids of state');
  const all = [...new Set([...stateIds, ...authChainIds])];
  const places = await readEventPlaces(context, room, all);
  if (!stateIds.some((id) => places.has(id))) {
    throw new RemoteServerError('bad-answer', server, 'it told the state of something else');
  }
  return { stateIds, known: [...places.keys()], missing: all.filter((id) => !places.has(id)) };
}

function pathTo(operation: 'state_ids' | 'state', { roomId }: RoomName, eventId: string): string {
  const query = `event_id=${encodeURIComponent(eventId)}`;
  return `/_matrix/federation/v1/${operation}/${encodeURIComponent(roomId)}?${query}`;
}

function idsIn(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ids: unknown[] = value;
  return ids.every((id) => typeof id === 'string') ? ids : undefined;
}

async function fetchState(
  context: Context,
  room: RoomName,
  server: string,
  eventId: string,
  known: readonly string[],
): Promise<void> {
  const rules = rulesOfRoom(room);
  const path = pathTo('state', room, eventId);
  const arrays = ['pdus', 'auth_chain'];
  const reply = await askServerForEvents(context, { server, method: 'GET', path, timeoutMs, rules, arrays, known });
  try {
    if (!reply.arrays['pdus']) throw new RemoteServerError('bad-answer', server, 'it did not tell the state');
    for await (const batch of reply.batches()) await storeOutliers(context, rules, room.roomId, batch);
  } finally {
    reply.close();
  }
}

async function fetchEach(context: Context, room: RoomName, server: string, missing: readonly string[]): Promise<void> {
  const rules = rulesOfRoom(room);
  const answers = missing.map(async (eventId) => {
    const path = `/_matrix/federation/v1/event/${encodeURIComponent(eventId)}`;
    const { pdus } = await askServer(context, { server, method: 'GET', path, timeoutMs: singleTimeoutMs });
    return Array.isArray(pdus) ? pdus.filter(isJsonObject) : [];
  });
  const judged = await verifyReceivedEvents(context, rules, (await Promise.all(answers)).flat());
  const verified = judged.flatMap((event) => (event.problem === undefined ? [event] : []));
  await storeOutliers(context, rules, room.roomId, verified);
}

/**
 * Makes members of those of the state events that are accepted, whoever told them. `last`: an event that came on top of
 * this state.
 */
async function placeMembers(
  context: Context,
  room: RoomName,
  stateIds: readonly string[],
  last: StoredEvent | undefined,
): Promise<void> {
  const [lastMember] = last ? memberPlaces(room, [last]) : [];
  const ids = lastMember ? [...stateIds, lastMember[0]] : stateIds;
  for (let start = 0; start < ids.length; start += maxMembersAtOnce) {
    const stored = await readEventsById(context, ids.slice(start, start + maxMembersAtOnce));
    const members = memberPlaces(room, stored.values()).filter(
      ([eventId, , userId]) => userId !== lastMember?.[2] || eventId === lastMember[0],
    );
    const { isOver } = await addMissingState(context, room.shard, { roomId: room.roomId, members, isLast: false });
    if (isOver) return;
  }
  // What came meanwhile is judged again by what is stored now.
  await addMissingState(context, room.shard, { roomId: room.roomId, members: [], isLast: true });
}

function memberPlaces(room: RoomName, events: Iterable<StoredEvent>): StateEventPlace[] {
  return [...events].flatMap(({ eventId, pdu, flags, roomId }): StateEventPlace[] => {
    const isAccepted = (flags & eventFlags.rejected) === 0 && roomId === room.roomId;
    if (!isAccepted || pdu.type !== 'm.room.member' || pdu.state_key === undefined) return [];
    const { membership } = pdu.content;
    return [[eventId, pdu.type, pdu.state_key, typeof membership === 'string' ? membership : null]];
  });
}
