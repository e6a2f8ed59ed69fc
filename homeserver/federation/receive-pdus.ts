import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { JudgedEvent } from '../remote-servers/received-events/received-event.ts';
import { verifyReceivedEvents } from '../remote-servers/received-events/verify-received-events.ts';
import { isServerInRoom } from '../rooms/joined-servers.ts';
import { type ReceivedOutcome, receiveEvents } from '../rooms/receive-events.ts';
import { receiveEndOfInvitation } from '../rooms/remote/receive-end-of-invitation.ts';
import { isServerAllowedInRoom } from '../rooms/server-acls.ts';
import { readKnownEvents } from '../storage/federation/read-waiting-events.ts';
import { findRoom, type RoomName, rulesOfRoom } from '../storage/names/room-names.ts';
import { isJoinInProgress } from '../storage/rooms/read-joins-in-progress.ts';
import { readReceivedPdus } from '../storage/rooms/read-room-loose-ends.ts';
import { fillGaps } from './fill-gaps.ts';
import { noteOutcome } from './origin-records.ts';
import { receivingMetrics } from './receiving-metrics.ts';
import { type JudgedIntake, roomIntakes } from './room-intakes.ts';

type PduResult = readonly [eventId: string, result: JsonObject];

interface Received {
  readonly context: Context;
  readonly origin: string;
  readonly roomId: string;
}

interface SentPdu {
  readonly pdu: JsonObject;
  readonly text: string | undefined;
}

/** What became of events of one room. */
interface RoomResults extends JudgedIntake {
  readonly results: readonly PduResult[];
  /** Ids of those that wait for others. */
  readonly waiting: readonly string[];
}

/**
 * Takes the events of a transaction in, rooms side by side; resolves when they are committed. Gives a result for each
 * event that has an id here: events of rooms that are not known here have none, nor have those whose room takes long, which
 * are committed as they came and judged later. `pduTexts` as in ReceivedTransaction. Throws when something is the matter
 * with this server and not with the events.
 */
export async function receivePdus(
  context: Context,
  origin: string,
  pdus: readonly JsonValue[],
  pduTexts: readonly string[] = [],
): Promise<PduResult[]> {
  const sent = pdus.flatMap((pdu, index): SentPdu[] => (isObject(pdu) ? [{ pdu, text: pduTexts[index] }] : []));
  const byRoom = Map.groupBy(sent, ({ pdu }) => pdu['room_id']);
  const results = await Promise.all(
    [...byRoom].map(async ([roomId, ofRoom]) =>
      typeof roomId === 'string' ? await takeIntoRoom(context, origin, roomId, ofRoom) : [],
    ),
  );
  return results.flat();
}

async function takeIntoRoom(
  context: Context,
  origin: string,
  roomId: string,
  sent: readonly SentPdu[],
): Promise<PduResult[]> {
  const room = await findRoom(context, roomId);
  if (!room) return refuseAll({ context, origin, roomId }, 'unknown-room', sent);
  const texts = sent.map(({ pdu, text }) => text ?? JSON.stringify(pdu));
  const work = (verified: () => void) => receivePdusOfRoom(context, origin, roomId, sent, verified);
  const taken = await roomIntakes.of(context).take({ origin, room, texts }, work);
  if (!taken) return [];
  const { results, waiting } = taken;
  const dropped = waiting.length > 0 ? await fillGapsBelow(context, room, waiting) : new Set();
  return results.map(([eventId, result]) => [
    eventId,
    dropped.has(eventId) ? { error: 'What comes before it could not be had' } : result,
  ]);
}

/** Takes events of one room in; resolves when what became of them is committed. `verified`: see IntakeWork. Throws as receivePdus. */
export async function receivePdusOfRoom(
  context: Context,
  origin: string,
  roomId: string,
  sent: readonly SentPdu[],
  verified: () => void = () => {},
): Promise<RoomResults> {
  const received = { context, origin, roomId };
  const room = await findRoom(context, roomId);
  if (!room) return { results: refuseAll(received, 'unknown-room', sent), waiting: [], keyless: [] };
  const inputs = sent.map(({ pdu, text }) => text ?? pdu);
  const judged = await verifyReceivedEvents(context, rulesOfRoom(room), inputs);
  verified();
  if (!(await isServerAllowedInRoom(context, room, origin))) {
    const results = judged.flatMap((event) => refuse(received, 'acl', event.eventId, 'Server is banned from room'));
    return { results, waiting: [], keyless: [] };
  }
  const place = await placeOfRoom(context, room);
  if (place === 'elsewhere') {
    return { results: await receiveElsewhere(context, origin, room, judged), waiting: [], keyless: [] };
  }
  const refused = judged.flatMap((event) =>
    event.problem ? refuse(received, event.problem.kind, event.eventId, event.problem.message) : [],
  );
  const { results, waiting } = await receiveVerified(context, origin, room, judged);
  const keyless = judged.flatMap(({ problem }, index) => (problem?.kind === 'key' ? index : []));
  return { results: [...refused, ...results], waiting, keyless };
}

/** 'joining': a local user's join is on its way, and the room's events wait for it. */
async function placeOfRoom(context: Context, room: RoomName): Promise<'here' | 'joining' | 'elsewhere'> {
  if (await isServerInRoom(context, room.roomId)) return 'here';
  return (await isJoinInProgress(context, room.id)) ? 'joining' : 'elsewhere';
}

/** Of a room that this server is not in, only what ends a local user's invitation or knock is taken. */
async function receiveElsewhere(
  context: Context,
  origin: string,
  room: RoomName,
  judged: readonly JudgedEvent[],
): Promise<PduResult[]> {
  const results: PduResult[] = [];
  for (const event of judged) {
    if (!event.problem && (await receiveEndOfInvitation(context, room, origin, event)))
      results.push([event.eventId, {}]);
    else
      results.push(
        ...refuse(
          { context, origin, roomId: room.roomId },
          'not-in-room',
          event.eventId,
          'This server is not in the room',
        ),
      );
  }
  return results;
}

async function receiveVerified(
  context: Context,
  origin: string,
  room: RoomName,
  judged: readonly JudgedEvent[],
): Promise<Pick<RoomResults, 'results' | 'waiting'>> {
  const events = judged.flatMap((event) => (event.problem ? [] : [{ eventId: event.eventId, pduJson: event.pduJson }]));
  if (events.length === 0) return { results: [], waiting: [] };
  const received = { context, origin, roomId: room.roomId };
  try {
    const outcomes = await receiveEvents(context, { roomId: room.roomId, origin, events });
    // Others may be among them, which had waited for these.
    const asked = new Set(events.map(({ eventId }) => eventId));
    for (const each of outcomes) noteReceived(received, each, asked.has(each.eventId));
    return {
      results: outcomes
        .filter(({ eventId }) => asked.has(eventId))
        .map(({ eventId, outcome, reason }) => [
          eventId,
          outcome === 'rejected' ? { error: reason ?? 'rejected' } : {},
        ]),
      waiting: outcomes.flatMap(({ eventId, outcome }) => (outcome === 'waiting' ? eventId : [])),
    };
  } catch (error) {
    // To be sent again. Anything else is a fault here, which would come again with these events, for ever.
    if (error instanceof MatrixError) throw error;
    context.log.error({ origin, roomId: room.roomId, err: error }, 'received events could not be taken in');
    const results = events.flatMap(({ eventId }) =>
      refuse(received, 'failed', eventId, 'This server failed on the event'),
    );
    return { results, waiting: [] };
  }
}

/** Has fetched what events wait for. Gives those of them that were dropped. */
async function fillGapsBelow(context: Context, room: RoomName, eventIds: readonly string[]): Promise<Set<string>> {
  await fillGaps(context, room);
  const [known, waiting] = await Promise.all([
    readKnownEvents(context, eventIds),
    readReceivedPdus(context, room, eventIds),
  ]);
  const isHere = new Set([...known.keys(), ...waiting.map(({ eventId }) => eventId)]);
  return new Set(eventIds.filter((eventId) => !isHere.has(eventId)));
}

function refuseAll(received: Received, outcome: string, sent: readonly SentPdu[]): PduResult[] {
  return sent.flatMap(({ pdu: { event_id: eventId } }) =>
    refuse(received, outcome, typeof eventId === 'string' ? eventId : undefined, 'This server is not in the room'),
  );
}

function noteReceived({ context, origin, roomId }: Received, event: ReceivedOutcome, isOfOrigin: boolean): void {
  const { eventId, outcome, reason } = event;
  receivingMetrics.of(context).pdus.add({ outcome });
  if (!isOfOrigin) return;
  const isRefused = outcome === 'rejected' || outcome === 'soft-failed';
  noteOutcome(context, origin, outcome, isRefused ? `${eventId} of ${roomId}: ${reason ?? outcome}` : undefined);
}

function refuse(
  { context, origin, roomId }: Received,
  outcome: string,
  eventId: string | undefined,
  error: string,
): PduResult[] {
  receivingMetrics.of(context).pdus.add({ outcome });
  noteOutcome(context, origin, outcome, `${eventId ?? 'an event'} of ${roomId}: ${error}`);
  return eventId === undefined ? [] : [[eventId, { error }]];
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
