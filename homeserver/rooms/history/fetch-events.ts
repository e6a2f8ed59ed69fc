import type { Deadline } from '@holdfast/effects/deadline.ts';
import { type JsonObject, type JsonValue, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { isFinalAnswer } from '../../remote-servers/explain-failure.ts';
import { askServerForEvents } from '../../remote-servers/received-events/ask-server-for-events.ts';
import type { VerifiedEvent } from '../../remote-servers/received-events/received-event.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { readEventsById } from '../../storage/rooms/read-events.ts';
import { addOutliers } from '../add-outliers.ts';

/** One server that is asked about a room's history, and until when. */
export interface HistorySource {
  readonly server: string;
  readonly room: RoomName;
  readonly deadline: Deadline;
  /** One question takes no longer than this. */
  readonly timeoutEachMs: number;
}

const maxBytes = 32 * 1024 * 1024;
const federation = '/_matrix/federation/v1';
/** Events that are asked for one by one; when more are missing, they are asked for together. */
const mostSingleEvents = 30;
const eventsPerCall = 500;
/** Rounds of fetching what fetched events refer to. */
const mostRounds = 5;

/** Events that came before some events, those included, of which each has been verified. Throws RemoteServerError. */
export async function fetchBackfill(
  context: Context,
  source: HistorySource,
  eventIds: readonly string[],
  limit: number,
): Promise<VerifiedEvent[]> {
  const query = eventIds.map((eventId) => `v=${encodeURIComponent(eventId)}`).join('&');
  const path = `${federation}/backfill/${encodeURIComponent(source.room.roomId)}?${query}&limit=${limit}`;
  const { pdus } = await ask(context, source, path);
  return await verify(context, source, pdus, limit + eventIds.length);
}

/** The ids of the state before an event, and of its auth chain. Throws RemoteServerError. */
export async function fetchStateIds(
  context: Context,
  source: HistorySource,
  eventId: string,
): Promise<{ stateIds: string[]; authChainIds: string[] }> {
  const place = `${encodeURIComponent(source.room.roomId)}?event_id=${encodeURIComponent(eventId)}`;
  const reply = await ask(context, source, `${federation}/state_ids/${place}`);
  const ids = (value: JsonValue | undefined) =>
    Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : undefined;
  const [stateIds, authChainIds] = [ids(reply['pdu_ids']), ids(reply['auth_chain_ids'])];
  if (!stateIds || !authChainIds) throw new RemoteServerError('bad-answer', source.server, 'it did not tell the state');
  return { stateIds, authChainIds };
}

/**
 * Stores events, without a place in the timeline, that are not here: those named, and what gives them their authority.
 * `stateOf`: when many are missing, the state before this event brings them all. Gives the ids that are still not here.
 * Throws RemoteServerError.
 */
export async function fetchMissingEvents(
  context: Context,
  source: HistorySource,
  eventIds: readonly string[],
  stateOf: string | undefined,
): Promise<Set<string>> {
  const gathered = new Map<string, VerifiedEvent>();
  let missing = await findMissing(context, source.room, eventIds);
  for (let round = 0; missing.size > 0 && round < mostRounds; round++) {
    const isWholeState = round === 0 && missing.size > mostSingleEvents && stateOf !== undefined;
    if (isWholeState) {
      await storeState(context, source, stateOf);
      missing = await findMissing(context, source.room, [...missing]);
      continue;
    }
    const fetched = await fetchSingly(context, source, [...missing].slice(0, mostSingleEvents));
    if (fetched.length === 0) break;
    for (const event of fetched) gathered.set(event.eventId, event);
    const referred = fetched.flatMap(({ pdu }) => pdu.auth_events.map(referencedEventId));
    missing = await findMissing(
      context,
      source.room,
      [...missing, ...referred].filter((eventId) => !gathered.has(eventId)),
    );
  }
  const events = [...gathered.values()].map(({ eventId, pduJson }) => ({ eventId, pduJson }));
  const { roomId, version } = source.room;
  for (const part of partsInAuthOrder(events, gathered)) await addOutliers(context, roomId, version, part);
  return await findMissing(context, source.room, eventIds);
}

/** What is fetched in one go is stored in several, each after what it refers to. */
function partsInAuthOrder(
  events: readonly { readonly eventId: string; readonly pduJson: string }[],
  gathered: ReadonlyMap<string, VerifiedEvent>,
) {
  const depthOf = (eventId: string) => gathered.get(eventId)?.pdu.depth ?? 0;
  const sorted = events.toSorted((one, other) => depthOf(one.eventId) - depthOf(other.eventId));
  const parts: (typeof sorted)[] = [];
  for (let first = 0; first < sorted.length; first += eventsPerCall)
    parts.push(sorted.slice(first, first + eventsPerCall));
  return parts;
}

/** Those of the events that are not stored in any form. */
export async function findMissing(context: Context, room: RoomName, eventIds: readonly string[]): Promise<Set<string>> {
  const missing = new Set(eventIds);
  for (let first = 0; first < eventIds.length; first += 5_000) {
    const stored = await readEventsById(context, eventIds.slice(first, first + 5_000));
    for (const [eventId, { roomNumber }] of stored) if (roomNumber === room.id) missing.delete(eventId);
  }
  return missing;
}

/** A state of tens of thousands of events is parsed and verified in another thread, and stored as it comes. */
async function storeState(context: Context, source: HistorySource, eventId: string): Promise<void> {
  const { room, server, deadline, timeoutEachMs } = source;
  deadline.check();
  const reply = await askServerForEvents(context, {
    ...{ server, method: 'GET', rules: rulesOfRoom(room), arrays: ['auth_chain', 'pdus'] },
    path: `${federation}/state/${encodeURIComponent(room.roomId)}?event_id=${encodeURIComponent(eventId)}`,
    ...{ timeoutMs: Math.min(deadline.remainingMs(), timeoutEachMs), signal: deadline.signal },
  });
  try {
    for await (const batch of reply.batches()) {
      deadline.check();
      const ofRoom = batch.filter((event) => isOfRoom(room, event));
      const events = ofRoom.map(({ eventId: id, pduJson }) => ({ eventId: id, pduJson }));
      if (events.length > 0) await addOutliers(context, room.roomId, room.version, events);
    }
  } finally {
    reply.close();
  }
}

/** Those that could be had; the others may be tried elsewhere. */
async function fetchSingly(
  context: Context,
  source: HistorySource,
  eventIds: readonly string[],
): Promise<VerifiedEvent[]> {
  const fetched = await Promise.all(
    eventIds.map(async (eventId) => {
      try {
        const { pdus } = await ask(context, source, `${federation}/event/${encodeURIComponent(eventId)}`);
        return (await verify(context, source, pdus, 1)).filter((event) => event.eventId === eventId);
      } catch (error) {
        if (error instanceof RemoteServerError && isFinalAnswer(error)) return [];
        throw error;
      }
    }),
  );
  return fetched.flat();
}

async function ask(context: Context, source: HistorySource, path: string): Promise<JsonObject> {
  const { server, deadline, timeoutEachMs } = source;
  deadline.check();
  const timeoutMs = Math.min(deadline.remainingMs(), timeoutEachMs);
  return await askServer(context, { server, path, timeoutMs, maxBytes, method: 'GET', signal: deadline.signal });
}

/** The sound events of the room among what a server sent. */
async function verify(
  context: Context,
  { room, server }: HistorySource,
  pdus: JsonValue | undefined,
  limit: number,
): Promise<VerifiedEvent[]> {
  if (!Array.isArray(pdus)) throw new RemoteServerError('bad-answer', server, 'it did not send a list of events');
  const objects = pdus.slice(0, limit).filter((pdu): pdu is JsonObject => pdu !== undefined && isJsonObject(pdu));
  const rules = rulesOfRoom(room);
  const verdicts = await verifyReceivedEvents(context, rules, objects);
  return verdicts.flatMap((event) => {
    if (event.problem !== undefined) {
      context.log.debug({ server, eventId: event.eventId, problem: event.problem.message }, 'an event was dropped');
      return [];
    }
    return isOfRoom(room, event) ? [event] : [];
  });
}

function isOfRoom(room: RoomName, { eventId, pdu }: VerifiedEvent): boolean {
  const isCreateByHash = rulesOfRoom(room).roomIdIsCreateHash && pdu.type === 'm.room.create';
  return isCreateByHash ? `!${eventId.slice(1)}` === room.roomId : pdu.room_id === room.roomId;
}
