import { redactedEventIdOf } from '@holdfast/protocol/events/client-event.ts';
import { createEventIdOfRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import type { Context } from '../../platform/context.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { Command, OwnedShard } from '../../platform/shard-log/command.ts';
import { internNames } from '../../storage/names/intern-names.ts';
import { type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { readEventsById } from '../../storage/rooms/read-events.ts';
import {
  type BackwardExtremity,
  hasOlderEvents,
  readBackwardExtremities,
} from '../../storage/rooms/read-history-ends.ts';
import { readTimelineGaps } from '../../storage/rooms/read-timeline-gaps.ts';
import { addBackwardExtremity, removeBackwardExtremity } from '../../storage/rooms/write-extremities.ts';
import { insertTimelineGap } from '../../storage/rooms/write-history-spans.ts';
import { hotRooms } from '../hot-rooms.ts';
import { judgeByAuthEvents } from '../judge-event.ts';
import { type KnownEvent, knownEventOf } from '../known-events.ts';
import { negativePositions } from '../negative-positions.ts';
import { type ParsedEvent, parseReceivedEvent, type ReceivedEvent } from '../received-event.ts';
import { hasPowerToRedact } from '../redacted-rows.ts';
import { loadBeginning, type RoomBeginning, spanWrites } from './history-beginning.ts';
import { type HistoryStretch, historyEventWrites, type PlacedHistoryEvent } from './history-event-writes.ts';
import { HistoryState, orderStretch } from './history-stretch.ts';
import { StretchForks } from './stretch-forks.ts';

interface HistoryInput {
  readonly roomId: string;
  /** Verified, in any order; their auth events are stored, or among them. */
  readonly events: readonly ReceivedEvent[];
  /**
   * Ids of the whole state before the oldest of them, all stored; null: as far as is known, what held from the beginning
   * of what is here on.
   */
  readonly stateBefore: readonly string[] | null;
}

export interface HistoryResult {
  /** Of the events that have their place in the timeline now. */
  readonly placed: number;
}

const maxEventsPerCall = 500;

export const addHistoryCommand: Command<HistoryInput, HistoryResult> = {
  name: 'add-history',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, { roomId, events, stateBefore }) {
    await shard.settled();
    const room = await shard.remember(hotRooms).load(roomId);
    if (!room) return { result: { placed: 0 } };
    const parsed = events.map((event) => parseReceivedEvent(roomId, event));
    const known = await findKnown(shard.context, room.name, parsed);
    const fresh = orderStretch(parsed.filter(({ eventId }) => known.get(eventId)?.isPlaced !== true)).filter((event) =>
      hasAuthEvents(event, parsed, known),
    );
    if (fresh.length === 0) return { result: { placed: 0 } };
    const beginning = await loadBeginning(shard, room.name, stateBefore);
    const place = await findPlace(shard.context, room.name, fresh);
    await internNames(
      shard.context,
      fresh.flatMap(({ pdu }) => [pdu.type, pdu.sender, pdu.state_key ?? '']),
    );
    await shard.remember(negativePositions).loaded();
    const stretch = placeEvents(shard, room.name, fresh, known, beginning);
    const redactions = await historyEventWrites(shard, room, stretch, known);
    const writes = [
      ...redactions,
      ...spanWrites(shard, room.name, beginning, stretch.state, stretch.last, place.before && stretch.first),
      ...stretch.forks.writes(shard, room.name),
      ...extremityWrites(room.name, stretch.placed, known, place.filled),
      ...(place.before === undefined
        ? []
        : [insertTimelineGap(room.name.id, { before: place.before, first: stretch.first, last: stretch.last })]),
    ];
    // Where spans begin, and what resolution knows of the room, is another now.
    shard.remember(hotRooms).forget(roomId);
    const placed = stretch.placed.filter(({ isRejected }) => !isRejected).length;
    return { result: { placed }, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

/** What is stored of the events, of those that they refer to, and of those that redactions among them name. */
async function findKnown(
  context: Context,
  room: RoomName,
  events: readonly ParsedEvent[],
): Promise<Map<string, KnownEvent>> {
  const rules = rulesOfRoom(room);
  const ids = new Set(
    events.flatMap(({ eventId, prevEventIds, authEventIds }) => [eventId, ...prevEventIds, ...authEventIds]),
  );
  for (const { pdu } of events) {
    const redacts = pdu.type === 'm.room.redaction' ? redactedEventIdOf(pdu, rules) : undefined;
    if (redacts !== undefined) ids.add(redacts);
  }
  if (rules.roomIdIsCreateHash) ids.add(createEventIdOfRoomId(room.roomId));
  const stored = await readEventsById(context, [...ids]);
  return new Map([...stored].map(([eventId, event]) => [eventId, knownEventOf(event)]));
}

/** What cannot be judged is left for another time. */
function hasAuthEvents(
  event: ParsedEvent,
  events: readonly ParsedEvent[],
  known: ReadonlyMap<string, KnownEvent>,
): boolean {
  return event.authEventIds.every((id) => known.has(id) || events.some(({ eventId }) => eventId === id));
}

/** Where a stretch stands: right before the event at `before`, or below all that is here. */
interface StretchPlace {
  readonly before: number | undefined;
  /** What was missing and is here now. */
  readonly filled: readonly BackwardExtremity[];
}

async function findPlace(context: Context, room: RoomName, events: readonly ParsedEvent[]): Promise<StretchPlace> {
  const ids = new Set(events.map(({ eventId }) => eventId));
  const filled = (await readBackwardExtremities(context, room)).filter(({ eventId }) => ids.has(eventId));
  const lowest = filled.at(-1)?.position;
  if (lowest === undefined) return { before: undefined, filled };
  const gap = (await readTimelineGaps(context, room)).find(({ first, last }) => first <= lowest && lowest <= last);
  const before = gap?.before ?? lowest;
  return { before: (await hasOlderEvents(context, room, before)) ? before : undefined, filled };
}

/** Judges the events, gives them positions below all that are here, and follows the state through them. */
function placeEvents(
  shard: OwnedShard,
  room: RoomName,
  events: readonly ParsedEvent[],
  known: Map<string, KnownEvent>,
  beginning: RoomBeginning,
): HistoryStretch {
  const positions = shard.remember(negativePositions);
  // One position without an event on each side: the places next to a filled gap.
  positions.take();
  const taken = events.map(() => positions.take()).toReversed();
  const first = positions.take();
  const state = new HistoryState((tuple) => beginning.eventOf(tuple));
  for (const difference of beginning.differences) state.setBefore(difference);
  const forks = new StretchForks(state);
  const rules = rulesOfRoom(room);
  const findEvent = (eventId: string) => {
    const found = known.get(eventId);
    return found && { event: found.event, rejected: found.isRejected };
  };
  const placed = events.map((event, index): PlacedHistoryEvent => {
    const position = taken[index] ?? 0;
    const isRejected =
      event.pdu.type !== 'm.room.create' && judgeByAuthEvents(rules, event, { findEvent }) !== undefined;
    known.set(event.eventId, { event, position, isRejected, isAccepted: !isRejected, isPlaced: true, isPurged: false });
    const { type, state_key: stateKey, sender } = event.pdu;
    const branch = forks.branchOf(event);
    const replaced =
      stateKey === undefined
        ? undefined
        : branch
          ? forks.replacedOn(branch, type, stateKey)
          : state.get(type, stateKey);
    const hasPower = type === 'm.room.redaction' && hasPowerToRedact(rules, state, sender);
    forks.note(event, position, branch, isRejected);
    if (stateKey !== undefined && !isRejected) state.change(event, event, position);
    return { event, position, isRejected, replaced, hasPower };
  });
  return { placed, state, forks, first, last: taken.at(-1) ?? first };
}

/** What is here now is missing no longer; what the new events refer to and is not here, is. */
function extremityWrites(
  room: RoomName,
  placed: readonly PlacedHistoryEvent[],
  known: ReadonlyMap<string, KnownEvent>,
  filled: readonly BackwardExtremity[],
): Write[] {
  const missing = new Map<string, number>();
  for (const { event, position } of placed) {
    for (const eventId of event.prevEventIds) {
      if (known.get(eventId)?.isPlaced !== true) missing.set(eventId, Math.min(position, missing.get(eventId) ?? 0));
    }
  }
  return [
    ...filled.map(({ eventId }) => removeBackwardExtremity(room.id, eventId)),
    ...[...missing].map(([eventId, position]) => addBackwardExtremity(room.id, eventId, position)),
  ];
}

/**
 * Gives events from before what is here, or from in between, their place in a room's history: those that their auth
 * events allow, in one transaction, with the state that the room had there. Repeating it changes nothing.
 */
export async function addHistory(
  context: Context,
  room: RoomName,
  history: Omit<HistoryInput, 'roomId'>,
): Promise<HistoryResult> {
  if (history.events.length > maxEventsPerCall) throw new RangeError(`more than ${maxEventsPerCall} events at once`);
  return await context.shardLog.submit(addHistoryCommand, room.shard, { ...history, roomId: room.roomId });
}
