import { type JsonObject, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { isFinalAnswer } from '../../remote-servers/explain-failure.ts';
import { askServerForEventsEarly } from '../../remote-servers/received-events/ask-server-for-events-early.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { findRoom, type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../../storage/rooms/event-row.ts';
import type { MissingStateEvent } from '../../storage/rooms/missing-state-event.ts';
import { readEventById, readEventsById } from '../../storage/rooms/read-events.ts';
import type { PartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { readEventPlaces } from '../../storage/rooms/read-state-spans.ts';
import { addMissingState, maxStateAtOnce, type StateEventPlace } from './add-missing-state.ts';
import { handJoinOn } from './hand-join-on.ts';
import { joinThrough } from './join-through.ts';
import { storeOutliers } from './store-room-state.ts';

const timeoutMs = 10 * 60_000;
const singleTimeoutMs = 30_000;
const maxIdsBytes = 50 * 1024 * 1024;
/** With more events missing than this, the whole state is one request instead of one for each. */
const mostSingleEvents = 10;
/** Noted in one command. */
const missingAtOnce = 1_000;

/**
 * Brings the members that a join with partial state left out, and what else could not be had then, asking one server.
 * What cannot be had now either, since no key says that it is sound, is noted: see fetchMissingState. `isLastResort`: a
 * server that does not know what the join comes after, as the one that took it went away with that, is joined through once
 * more. Throws RemoteServerError where the server does not tell them; then the next one may. Repeating it is harmless.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1state_idsroomid
 */
export async function completePartialRoom(
  context: Context,
  partial: PartialRoom,
  server: string,
  isLastResort = false,
): Promise<void> {
  const room = await findRoom(context, partial.roomId);
  const join = await readEventById(context, partial.joinEventId);
  if (!room || !join) return;
  const { anchorId, prevEventId, stateIds, known, missing } = await findStateIds(context, room, partial, {
    ...{ join, server, isLastResort },
  });
  if (missing.length > mostSingleEvents) await fetchState(context, room, server, anchorId, known);
  else await fetchEach(context, room, server, missing);
  const last = prevEventId === undefined ? undefined : await readOrFetch(context, room, server, prevEventId);
  const wanted = prevEventId === undefined || last ? missing : [...missing, prevEventId];
  const found = await readEventPlaces(context, room, missing);
  const isState = new Set(prevEventId === undefined ? stateIds : [...stateIds, prevEventId]);
  const left = wanted.flatMap((eventId) => (found.has(eventId) ? [] : { eventId, isState: isState.has(eventId) }));
  if (left.length > 0) {
    const { roomId } = room;
    const examples = left.slice(0, 5).map(({ eventId }) => eventId);
    context.log.warn({ roomId, server, count: left.length, examples }, 'state of a room could not be had so far');
  }
  await placeState(context, room, stateIds, last, left);
}

interface FoundState {
  /** The state is that before this event. */
  readonly anchorId: string;
  /** The same where the state is asked for before the event that the join comes after, and that belongs to it, too. */
  readonly prevEventId?: string;
  readonly stateIds: readonly string[];
  /** Of the state and its authorisation, what is stored here, and what is not. */
  readonly known: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Where the join comes after one event alone, the state is asked for before that: whoever is in the room knows it. Where
 * branches met in the join, the server has to resolve their states, and so to know the join. Those that may not have heard
 * of it are told: they would say nothing of the room to a server that is not in it.
 */
async function findStateIds(
  context: Context,
  room: RoomName,
  partial: PartialRoom,
  asked: { readonly join: StoredEvent; readonly server: string; readonly isLastResort: boolean },
): Promise<FoundState> {
  const { join, server, isLastResort } = asked;
  if (server !== partial.servers[0]) await handJoinOn(context, partial, server);
  const [prev, ...others] = join.pdu.prev_events;
  const prevEventId = prev !== undefined && others.length === 0 ? referencedEventId(prev) : undefined;
  const anchorId = prevEventId ?? join.eventId;
  try {
    const told = await readMissing(context, room, server, anchorId);
    return { ...told, anchorId, ...(prevEventId !== undefined && { prevEventId }) };
  } catch (error) {
    if (!isLastResort || !(error instanceof RemoteServerError) || !isFinalAnswer(error)) throw error;
  }
  const { roomId } = room;
  const again = { roomId, userId: join.pdu.sender, content: join.pdu.content };
  const joinedAgain = await joinThrough(context, [server], again);
  context.log.info({ roomId, server }, 'a room was joined once more, since what its join came after is lost');
  return { ...(await readMissing(context, room, server, joinedAgain)), anchorId: joinedAgain };
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
  return (await readEventsById(context, [eventId])).get(eventId);
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
  const question = { server, method: 'GET', path, timeoutMs, rules, arrays, known } as const;
  for await (const batch of askServerForEventsEarly(context, question)) {
    await storeOutliers(context, rules, room.roomId, batch);
  }
}

async function fetchEach(context: Context, room: RoomName, server: string, missing: readonly string[]): Promise<void> {
  const rules = rulesOfRoom(room);
  const answers = await Promise.all(missing.map((eventId) => fetchEvent(context, server, eventId)));
  const judged = await verifyReceivedEvents(context, rules, answers.flat());
  const verified = judged.flatMap((event) => (event.problem === undefined ? [event] : []));
  await storeOutliers(context, rules, room.roomId, verified);
}

/**
 * An event as a server tells it, not verified. Throws RemoteServerError.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1eventeventid
 */
export async function fetchEvent(context: Context, server: string, eventId: string): Promise<JsonObject[]> {
  const path = `/_matrix/federation/v1/event/${encodeURIComponent(eventId)}`;
  const { pdus } = await askServer(context, { server, method: 'GET', path, timeoutMs: singleTimeoutMs });
  return Array.isArray(pdus) ? pdus.filter(isJsonObject) : [];
}

/**
 * Makes state of those of the state events that are accepted, whoever told them. `last`: an event that came on top of
 * this state.
 */
async function placeState(
  context: Context,
  room: RoomName,
  stateIds: readonly string[],
  last: StoredEvent | undefined,
  missing: readonly MissingStateEvent[],
): Promise<void> {
  const { roomId, shard } = room;
  const [onTop] = last ? statePlaces(room, [last]) : [];
  const ids = onTop ? [...stateIds, onTop[0]] : stateIds;
  for (let start = 0; start < ids.length; start += maxStateAtOnce) {
    const stored = await readEventsById(context, ids.slice(start, start + maxStateAtOnce));
    const state = statePlaces(room, stored.values()).filter((place) => !onTop || !isReplacedBy(place, onTop));
    const { isOver } = await addMissingState(context, shard, { roomId, state, isLast: false });
    if (isOver) return;
  }
  for (let start = 0; start < missing.length; start += missingAtOnce) {
    const noted = missing.slice(start, start + missingAtOnce);
    const { isOver } = await addMissingState(context, shard, { roomId, state: [], missing: noted, isLast: false });
    if (isOver) return;
  }
  // What came meanwhile is judged again by what is stored now.
  await addMissingState(context, shard, { roomId, state: [], isLast: true });
}

function isReplacedBy([eventId, type, stateKey]: StateEventPlace, onTop: StateEventPlace): boolean {
  return type === onTop[1] && stateKey === onTop[2] && eventId !== onTop[0];
}

/** Of those that are state and not rejected. */
export function statePlaces(room: RoomName, events: Iterable<StoredEvent>): StateEventPlace[] {
  return [...events].flatMap(({ eventId, pdu, flags, roomId }): StateEventPlace[] => {
    const isAccepted = (flags & eventFlags.rejected) === 0 && roomId === room.roomId;
    if (!isAccepted || pdu.state_key === undefined) return [];
    const { membership } = pdu.content;
    return [[eventId, pdu.type, pdu.state_key, typeof membership === 'string' ? membership : null]];
  });
}
