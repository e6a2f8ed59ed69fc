import { type JsonValue, type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { askServer } from '../remote-servers/ask-server.ts';
import { isFinalAnswer } from '../remote-servers/explain-failure.ts';
import { askServerForEvents } from '../remote-servers/received-events/ask-server-for-events.ts';
import { orderByAuth } from '../remote-servers/received-events/order-by-auth.ts';
import { VerifiedEvent } from '../remote-servers/received-events/received-event.ts';
import { mayBeSound } from '../remote-servers/received-events/reply-events.ts';
import { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import { addOutliers } from '../rooms/add-outliers.ts';
import { readStateIdsAt } from '../rooms/state-at-event.ts';
import { readKnownEvents, type WaitingEvent } from '../storage/federation/read-waiting-events.ts';
import { type RoomName, rulesOfRoom } from '../storage/names/room-names.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { orNothing } from './fetch-missing-events.ts';

const timeoutMs = 60_000;
const maxIdBytes = 32 * 1024 * 1024;
/** Of the state and its authority together. */
const maxIds = 300_000;
/** Up to so many events are asked for one by one; more with the whole state. */
const maxSingleEvents = 100;
const singleEventsAtOnce = 5;
const idsPerLook = 5_000;
/** A room waits so long for the keys of what another server tells as its state, and then goes on without that. */
const keyPatienceMs = 60_000;

/**
 * Asks a server for the state before an event, and stores of it what is not here. Gives the ids of that state, without
 * what the server has not got itself; undefined where it does not tell all that it has, and for the first minute also
 * where a key is missing that would say whether an event is sound: that one would be missing from the room's state for good.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1state_idsroomid
 */
export async function fetchStateBefore(
  context: Context,
  room: RoomName,
  server: string,
  event: WaitingEvent,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  for await (const { eventId, agreesWith, change } of anchorsOf(context, room, server, event, signal)) {
    const before = await fetchStateAt(context, room, server, eventId, event.waitedMs < keyPatienceMs, signal);
    const told = before && change ? await withChange(context, room, before, change) : before;
    if (told && (await agrees(context, room, told, agreesWith))) return told;
  }
  return undefined;
}

/** A state with an event on top of it; undefined where that could not be stored. Of two of a kind the last one counts. */
async function withChange(
  context: Context,
  room: RoomName,
  state: readonly string[],
  change: VerifiedEvent,
): Promise<string[] | undefined> {
  await addNew(context, room, [change]);
  const missing = await findMissing(context, [change.eventId]);
  return missing.size > 0 ? undefined : [...state.filter((eventId) => eventId !== change.eventId), change.eventId];
}

async function fetchStateAt(
  context: Context,
  room: RoomName,
  server: string,
  eventId: string,
  isPatient: boolean,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  return await orNothing(context, undefined, async () => {
    const answer = await askServer(context, {
      ...{ server, signal, timeoutMs, maxBytes: maxIdBytes },
      method: 'GET',
      path: pathOf('state_ids', room, eventId),
    });
    const [state, chain] = [idsOf(answer['pdu_ids']), idsOf(answer['auth_chain_ids'])];
    if (!state || !chain || state.length + chain.length > maxIds || state.length === 0) {
      throw new RemoteServerError('bad-answer', server, 'what it calls a state is none');
    }
    const missing = await findMissing(context, [...chain, ...state]);
    if (missing.size === 0) return state;
    const { lacksKeys } =
      missing.size > maxSingleEvents
        ? await addWholeState(context, room, server, eventId, signal)
        : await addSingleEvents(context, room, server, missing, signal);
    const still = await findMissing(context, state);
    if (still.size > 0 && lacksKeys && isPatient) {
      const eventIds = [...still].slice(0, 5);
      context.log.info({ roomId: room.roomId, server, eventIds }, 'a state waits for the keys of what belongs to it');
      return undefined;
    }
    return state.filter((id) => !still.has(id));
  });
}

/**
 * Asks a server for the authority of an event, and stores of it what is not here. Gives whether it told anything.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1event_authroomideventid
 */
export async function fetchAuthEvents(
  context: Context,
  room: RoomName,
  server: string,
  { eventId }: WaitingEvent,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/_matrix/federation/v1/event_auth/${encodeURIComponent(room.roomId)}/${encodeURIComponent(eventId)}`;
  return await orNothing(context, false, async () => {
    const { count } = await addAnswer(context, room, { server, signal, path, arrays: ['auth_chain'] });
    return count > 0;
  });
}

interface Anchor {
  readonly eventId: string;
  /** The event itself, where it is state and so part of the state after it. */
  readonly change?: VerifiedEvent;
  /** Ids of events that are here: the state is only taken if it has all that the states after these have. */
  readonly agreesWith: readonly string[];
}

/**
 * The events before which the state is asked for, one after another until the server tells one. Where all but one of those
 * that the event comes after are here, it is that: then the state is not only what the event's own server makes of it.
 * With further ones the states have to agree, or they would have to be resolved.
 */
async function* anchorsOf(
  context: Context,
  room: RoomName,
  server: string,
  { eventId, pduJson, origin }: WaitingEvent,
  signal: AbortSignal,
): AsyncGenerator<Anchor, void, undefined> {
  const { prev_events: prevEvents } = JSON.parse(pduJson) as Pdu;
  const prevEventIds = prevEvents.map(referencedEventId);
  const known = await readKnownEvents(context, prevEventIds);
  const [missing, ...others] = prevEventIds.filter((id) => known.get(id) !== 'placed');
  if (missing !== undefined && others.length === 0) {
    // Who has just told what comes after it is asked, too, where it failed over one question further down.
    const ask = () => fetchEvent(context, room, server, missing, signal, server === origin);
    const prevEvent = await orNothing<Awaited<ReturnType<typeof ask>> | null>(context, null, ask);
    // The server does not answer.
    if (prevEvent === null) return;
    const agreesWith = prevEventIds.filter((id) => id !== missing);
    if (prevEvent instanceof VerifiedEvent)
      yield { eventId: missing, agreesWith, ...(prevEvent.pdu.state_key !== undefined && { change: prevEvent }) };
  }
  yield { eventId, agreesWith: [] };
}

async function agrees(
  context: Context,
  room: RoomName,
  state: readonly string[],
  eventIds: readonly string[],
): Promise<boolean> {
  if (eventIds.length === 0) return true;
  const told = new Set(state);
  for (const event of (await readEventsById(context, eventIds)).values()) {
    for (const { eventId } of (await readStateIdsAt(context, room, event, 'after')).values()) {
      if (!told.has(eventId)) return false;
    }
  }
  return true;
}

function addWholeState(context: Context, room: RoomName, server: string, eventId: string, signal: AbortSignal) {
  const path = pathOf('state', room, eventId);
  return addAnswer(context, room, { server, signal, path, arrays: ['auth_chain', 'pdus'] });
}

/** What of an answer could be used. */
interface Added {
  readonly count: number;
  /** Some of it may be sound, which only a key that is missing would say. */
  readonly lacksKeys: boolean;
}

/** Stores the events of an answer. */
async function addAnswer(
  context: Context,
  room: RoomName,
  question: {
    readonly server: string;
    readonly signal: AbortSignal;
    readonly path: string;
    readonly arrays: readonly string[];
  },
): Promise<Added> {
  const rules = rulesOfRoom(room);
  const reply = await askServerForEvents(context, { ...question, rules, timeoutMs, method: 'GET' });
  let count = 0;
  try {
    for await (const batch of reply.batches()) {
      count += batch.length;
      await addNew(context, room, batch);
    }
    return { count, lacksKeys: mayBeSound(reply.refused()) };
  } finally {
    reply.close();
  }
}

async function addSingleEvents(
  context: Context,
  room: RoomName,
  server: string,
  eventIdsWanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Added> {
  const left = [...eventIdsWanted];
  const events: VerifiedEvent[] = [];
  let lacksKeys = false;
  const work = async () => {
    for (let eventId = left.pop(); eventId !== undefined && !signal.aborted; eventId = left.pop()) {
      const event = await fetchEvent(context, room, server, eventId, signal);
      if (event instanceof VerifiedEvent) events.push(event);
      else if (event === 'lacks-key') lacksKeys = true;
    }
  };
  await Promise.all(Array.from({ length: singleEventsAtOnce }, work));
  const authOf = events.map(({ eventId, pdu }) => ({ eventId, authEventIds: pdu.auth_events.map(referencedEventId) }));
  await addNew(
    context,
    room,
    orderByAuth(authOf).flatMap((place) => events[place] ?? []),
  );
  return { count: events.length, lacksKeys };
}

/**
 * An event as a server has it; undefined where it has not got it or it is not sound, 'lacks-key' where only a key that is
 * missing would say whether it is. Throws RemoteServerError where it
 * did not answer: a state without such an event would be another state.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1eventeventid
 */
async function fetchEvent(
  context: Context,
  room: RoomName,
  server: string,
  eventId: string,
  signal: AbortSignal,
  evenWhenBackingOff = false,
): Promise<VerifiedEvent | 'lacks-key' | undefined> {
  const path = `/_matrix/federation/v1/event/${encodeURIComponent(eventId)}`;
  const question = { server, signal, path, timeoutMs, evenWhenBackingOff, rules: rulesOfRoom(room), arrays: ['pdus'] };
  try {
    const reply = await askServerForEvents(context, { ...question, method: 'GET', maxBytes: 256 * 1024 });
    try {
      for await (const batch of reply.batches()) return batch.find((event) => event.eventId === eventId);
      return mayBeSound(reply.refused()) ? 'lacks-key' : undefined;
    } finally {
      reply.close();
    }
  } catch (error) {
    if (error instanceof RemoteServerError && isFinalAnswer(error)) return undefined;
    throw error;
  }
}

async function addNew(context: Context, room: RoomName, events: readonly VerifiedEvent[]): Promise<void> {
  const missing = await findMissing(
    context,
    events.map(({ eventId }) => eventId),
  );
  const fresh = events.filter(({ eventId }) => missing.has(eventId));
  if (fresh.length === 0) return;
  await addOutliers(
    context,
    room.roomId,
    room.version,
    fresh.map(({ eventId, pduJson }) => ({ eventId, pduJson })),
  );
}

async function findMissing(context: Context, ids: readonly string[]): Promise<Set<string>> {
  const missing = new Set(ids);
  const all = [...missing];
  for (let start = 0; start < all.length; start += idsPerLook) {
    for (const id of (await readKnownEvents(context, all.slice(start, start + idsPerLook))).keys()) missing.delete(id);
  }
  return missing;
}

function pathOf(what: 'state' | 'state_ids', room: RoomName, eventId: string): string {
  const query = new URLSearchParams({ event_id: eventId });
  return `/_matrix/federation/v1/${what}/${encodeURIComponent(room.roomId)}?${query.toString()}`;
}

function idsOf(value: JsonValue | undefined): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((id) => typeof id === 'string' && id.length <= 255 && id.startsWith('$')) as string[];
}
