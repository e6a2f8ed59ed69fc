import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command, OwnedShard } from '../platform/shard-log/command.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readLocalMembers } from '../storage/rooms/read-local-members.ts';
import { readReceivedPdus } from '../storage/rooms/read-room-loose-ends.ts';
import { insertReceivedPdu } from '../storage/rooms/write-received-pdus.ts';
import { ForkRun } from './fork-run.ts';
import type { HotRoom } from './hot-room.ts';
import { hotRooms } from './hot-rooms.ts';
import type { Verdict } from './judge-event.ts';
import { mergeExtremities } from './merge-extremities.ts';
import { negativePositions } from './negative-positions.ts';
import { addPolicySignatures } from './policy-servers/ask-policy-server.ts';
import { prepareEvents } from './prepare-events.ts';
import { receiveOnFork } from './receive-on-fork.ts';
import { orderByReferences, type ParsedEvent, parseReceivedEvent, type ReceivedEvent } from './received-event.ts';
import { adoptMembers } from './remote/adopt-members.ts';
import { roomGraphMetrics } from './room-graph-metrics.ts';
import { RoomReceiver } from './room-receiver.ts';

interface ReceiveInput {
  readonly roomId: string;
  readonly origin: string;
  readonly events: readonly ReceivedEvent[];
  /** They were asked for, and not sent by themselves: more of them may wait. */
  readonly areFetched?: boolean;
}

/** What became of a received event. */
export interface ReceivedOutcome {
  readonly eventId: string;
  /**
   * 'known': it was here before. 'waiting': it is stored, and judged as soon as the events in `missing` are here. Who
   * fetches them gives them to `receiveEvents`.
   */
  readonly outcome: 'accepted' | 'soft-failed' | 'rejected' | 'known' | 'waiting';
  /** Why it was not accepted. */
  readonly reason?: string;
  readonly missing?: readonly string[];
}

const maxEventsPerCall = 1_000;
/** Other commands of the room have their turn in between, and each has its deadline. */
const longestMs = 2_000;
/** Events that wait for others in one room: those that one server sent by itself, and what was fetched for them. */
const maxSentWaiting = 1_000;
const maxFetchedWaiting = 10_000;
const maxWaiting = 12_000;
const maxWaitingCharacters = 64 * 1024 * 1024;
/** Events that need not wait any more and are judged together. */
const readyAtOnce = 500;
/** Branches more than these are merged without waiting for an event of this server. */
const mergeFromExtremities = 10;
const membersAsked = 3;

/** What one command came to. */
interface ReceivedPart {
  readonly outcomes: readonly ReceivedOutcome[];
  /** Ids of events that it did not come to, each of which comes after those that it did. */
  readonly left: readonly string[];
  /** Events that waited need not any more, and are still to be judged. */
  readonly hasReady: boolean;
}

export const receiveEventsCommand: Command<ReceiveInput, ReceivedPart> = {
  name: 'receive-events',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, { roomId, origin, events, areFetched = false }) {
    const room = await shard.remember(hotRooms).load(roomId);
    if (!room) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
    await shard.remember(negativePositions).loaded();
    const receiver = new RoomReceiver(shard, room);
    const { clock } = shard.context;
    const endMs = clock.monotonicMs() + longestMs;
    const outcomes: ReceivedOutcome[] = [];
    const given = events.map((event) => ({ origin, isFetched: areFetched, event: parseReceivedEvent(roomId, event) }));
    let next = given.length > 0 ? given : await takeReady(shard, room);
    while (next.length > 0) {
      outcomes.push(...(await receiveAll(receiver, next, endMs)));
      next = clock.monotonicMs() < endMs ? await takeReady(shard, room) : [];
    }
    const judged = new Set(outcomes.map(({ eventId }) => eventId));
    const left = given.flatMap(({ event: { eventId } }) => (judged.has(eventId) ? [] : eventId));
    const hasReady = clock.monotonicMs() >= endMs && room.waiting.hasReady;
    const committed = (left.length === 0 && (await mergeQuietly(shard, room))) || receiver.committed;
    return { result: { outcomes, left, hasReady }, ...(committed && { committed }) };
  },
};

/** Merges branches that pile up while nobody here speaks. Who may not do it is not asked again at once. */
async function mergeQuietly(shard: OwnedShard, room: HotRoom): Promise<Promise<void> | undefined> {
  if (room.extremities.length <= Math.max(mergeFromExtremities, room.unmergedExtremities * 2)) return undefined;
  if (room.uncommitted > 0) await shard.settled();
  for (const userId of await readLocalMembers(shard.context, room.name, membersAsked)) {
    const committed = await mergeExtremities(shard, room, userId, 1, 'received');
    if (room.extremities.length <= mergeFromExtremities) {
      room.unmergedExtremities = 0;
      return committed;
    }
  }
  room.unmergedExtremities = room.extremities.length;
  return undefined;
}

interface EventOfOrigin {
  readonly origin: string;
  readonly isFetched: boolean;
  readonly event: ParsedEvent;
}

/**
 * Receives events in an order in which each comes after those that it refers to; after `endMs`, on the monotonic clock,
 * the rest is left, but for the first.
 */
async function receiveAll(
  receiver: RoomReceiver,
  given: readonly EventOfOrigin[],
  endMs: number,
): Promise<ReceivedOutcome[]> {
  const { shard, room } = receiver;
  const events = given.map(({ event }) => event);
  const givenById = new Map(given.map((each) => [each.event.eventId, each]));
  const pdus = events.map(({ pdu }) => pdu);
  await prepareEvents(shard, room, pdus);
  await receiver.loadReferences(events);
  await receiver.loadPolicy();
  if (room.isPartial) await adoptMembers(receiver, events);
  const outcomes: ReceivedOutcome[] = [];
  const run = new ForkRun(receiver);
  for (const event of orderByReferences(events)) {
    if (outcomes.length > 0 && shard.context.clock.monotonicMs() >= endMs) break;
    const source = givenById.get(event.eventId);
    let now = receiveNow(receiver, run, event, source);
    if (!now && !run.isEmpty) {
      await run.place();
      now = receiveNow(receiver, run, event, source);
    }
    if (now) {
      outcomes.push(now);
      continue;
    }
    receiver.flush();
    const { eventId } = event;
    const wasRejected = receiver.wasRejected(eventId);
    const { verdict, reason } = await receiveOnFork(receiver, event);
    receiver.flush();
    const isKnown = verdict === 'rejected' && wasRejected;
    outcomes.push(isKnown ? { eventId, outcome: 'known' } : outcomeOf(eventId, verdict, reason));
  }
  // Nothing may be waited for, not even for nothing, while a draft is not appended: other rooms would get its positions.
  if (!run.isEmpty) await run.place();
  receiver.flush();
  const { received } = roomGraphMetrics(shard.context);
  for (const { outcome } of outcomes) received.add({ outcome });
  return outcomes;
}

/** What takes no look-up. Undefined: it takes one. */
function receiveNow(
  receiver: RoomReceiver,
  run: ForkRun,
  event: ParsedEvent,
  source: EventOfOrigin | undefined,
): ReceivedOutcome | undefined {
  const { eventId } = event;
  if (receiver.isHere(eventId)) {
    if (receiver.mayBeAcceptedNow(event)) return undefined;
    receiver.forgetWaiting(eventId);
    return { eventId, outcome: 'known' };
  }
  const missing = receiver.missingReferences(event);
  if (missing.length > 0) {
    letWait(receiver, event, source, missing);
    return { eventId, outcome: 'waiting', missing };
  }
  const judgement = run.isEmpty ? receiver.receiveAtOnce(event) : undefined;
  if (!judgement) return run.take(event) ? { eventId, outcome: 'accepted' } : undefined;
  return outcomeOf(eventId, judgement.verdict, judgement.reason);
}

function outcomeOf(eventId: string, outcome: Verdict, reason: string | undefined): ReceivedOutcome {
  return { eventId, outcome, ...(reason !== undefined && { reason }) };
}

/** Stores an event until what it refers to is here. Throws M_LIMIT_EXCEEDED where too many wait already. */
function letWait(
  receiver: RoomReceiver,
  event: ParsedEvent,
  source: EventOfOrigin | undefined,
  missing: readonly string[],
): void {
  const { room, shard } = receiver;
  const { waiting } = room;
  const { eventId, pdu, pduJson } = event;
  const { origin = '', isFetched = false } = source ?? {};
  if (!waiting.has(eventId)) {
    const isFull = isFetched ? waiting.size >= maxFetchedWaiting : waiting.countSentBy(origin) >= maxSentWaiting;
    if (isFull || waiting.size >= maxWaiting || waiting.characters >= maxWaitingCharacters) {
      receiver.flush();
      throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many events of this room wait for others, please send them later');
    }
    const row = { shard: shard.id, room: room.name.id, eventId, origin, depth: pdu.depth, pduJson, isFetched };
    receiver.alsoWrite([insertReceivedPdu(row)]);
  }
  waiting.set(eventId, { origin, isFetched, missing, characters: pduJson.length });
}

/** Events that waited and need not any more, with those that will not have to once these are here. */
async function takeReady(shard: OwnedShard, room: HotRoom): Promise<EventOfOrigin[]> {
  const ready = room.waiting.readyInTurn(readyAtOnce);
  if (ready.length === 0) return [];
  if (room.uncommitted > 0) await shard.settled();
  const pdus = await readReceivedPdus(shard.context, room.name, ready);
  return pdus.map(({ eventId, origin, isFetched, pduJson }) => ({
    ...{ origin, isFetched },
    event: parseReceivedEvent(room.roomId, { eventId, pduJson }),
  }));
}

/**
 * Adds verified events of another server to a room, in any order, and resolves when what became of them is committed.
 * The same event twice changes nothing. Throws M_NOT_FOUND for rooms that are not known here, M_LIMIT_EXCEEDED where too
 * many events of the room wait for others.
 * https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu
 */
export async function receiveEvents(context: Context, request: ReceiveInput): Promise<ReceivedOutcome[]> {
  const { roomId, events } = request;
  if (events.length > maxEventsPerCall) throw new RangeError(`more than ${maxEventsPerCall} events at once`);
  const room = await findRoom(context, roomId);
  if (!room) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
  const signed = await addPolicySignatures(context, room, events);
  const outcomes: ReceivedOutcome[] = [];
  let next = signed;
  for (let hasMore = true; hasMore; ) {
    const part = await context.shardLog.submit(receiveEventsCommand, room.shard, { ...request, events: next });
    outcomes.push(...part.outcomes);
    const left = new Set(part.left);
    next = next.filter(({ eventId }) => left.has(eventId));
    hasMore = part.outcomes.length > 0 && (next.length > 0 || part.hasReady);
  }
  return outcomes;
}
