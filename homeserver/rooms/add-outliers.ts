import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { createEventIdOfRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { Command, OwnedShard } from '../platform/shard-log/command.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import { shardOfRoom } from '../storage/names/shard-of.ts';
import { eventFlags } from '../storage/rooms/event-row.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { takeRoomNumber } from '../storage/rooms/read-room-summary.ts';
import { insertEvent } from '../storage/rooms/write-events.ts';
import { insertRoom } from '../storage/rooms/write-state.ts';
import { nameId } from './draft-writes.ts';
import { hotRooms } from './hot-rooms.ts';
import { judgeByAuthEvents } from './judge-event.ts';
import { type KnownEvent, knownEventOf } from './known-events.ts';
import { negativePositions } from './negative-positions.ts';
import { orderByReferences, type ParsedEvent, parseReceivedEvent, type ReceivedEvent } from './received-event.ts';

interface OutliersInput {
  readonly roomId: string;
  readonly version: string;
  readonly events: readonly ReceivedEvent[];
}

/** What became of an event that is stored for its authority, or as state. */
export interface OutlierOutcome {
  readonly eventId: string;
  /** 'known': it was here, with a place or without. 'not-stored': the auth events in `missing` must come first. */
  readonly outcome: 'stored' | 'rejected' | 'known' | 'not-stored';
  readonly reason?: string;
  readonly missing?: readonly string[];
}

const maxEventsPerCall = 500;
/** The name '' has this number in every database. */
const noName = 2;

export const addOutliersCommand: Command<OutliersInput, OutlierOutcome[]> = {
  name: 'add-outliers',
  key: (input) => input.roomId,
  // The room's row may be among what is written.
  releases: 'committed',
  async decide(shard, { roomId, version, events }) {
    await shard.settled();
    const parsed = orderByReferences(events.map((event) => parseReceivedEvent(roomId, event)));
    const known = await findKnown(shard.context, parsed, roomId);
    // The state keys are not needed here, but when the state is entered, which nothing else should hold up then.
    await internNames(
      shard.context,
      parsed.flatMap(({ pdu }) => [pdu.type, pdu.sender, pdu.state_key ?? '']),
    );
    await shard.remember(negativePositions).loaded();
    const { room, writes } = await findOrMakeRoom(shard, roomId, version, parsed);
    const rules = roomVersionRules(room.version) as RoomVersionRules;
    const outcomes: OutlierOutcome[] = [];
    for (const event of parsed) {
      const { outcome, write } = addOutlier(shard, room, rules, event, known);
      outcomes.push(outcome);
      if (write) writes.push(write);
    }
    if (writes.length === 0) return { result: outcomes };
    return { result: outcomes, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

async function findKnown(
  context: Context,
  events: readonly ParsedEvent[],
  roomId: string,
): Promise<Map<string, KnownEvent>> {
  const ids = new Set(events.flatMap(({ eventId, authEventIds }) => [eventId, ...authEventIds]));
  // From room version 12 on no event names the create event.
  ids.add(createEventIdOfRoomId(roomId));
  const stored = await readEventsById(context, [...ids]);
  return new Map([...stored].map(([eventId, event]) => [eventId, knownEventOf(event)]));
}

/** The room, with the row that it needs where it is not known yet. */
export async function findOrMakeRoom(
  shard: OwnedShard,
  roomId: string,
  version: string,
  events: readonly Pick<ParsedEvent, 'pdu'>[] = [],
): Promise<{ room: RoomName; writes: Write[] }> {
  const known = await findRoom(shard.context, roomId);
  if (known) return { room: known, writes: [] };
  if (!roomVersionRules(version)) {
    throw new MatrixError('M_UNSUPPORTED_ROOM_VERSION', `Room version ${version} is not supported`);
  }
  const room = { id: await takeRoomNumber(shard.context), roomId, shard: shard.id, version };
  const create = events.find(({ pdu }) => pdu.type === 'm.room.create');
  const creator = create ? nameId(shard, create.pdu.sender) : noName;
  return { room, writes: [insertRoom({ ...room, number: room.id, creator })] };
}

function addOutlier(
  shard: OwnedShard,
  room: RoomName,
  rules: RoomVersionRules,
  event: ParsedEvent,
  known: Map<string, KnownEvent>,
): { outcome: OutlierOutcome; write?: Write } {
  const { eventId, pdu, authEventIds } = event;
  const stored = known.get(eventId);
  if (stored) return { outcome: { eventId, outcome: stored.isRejected ? 'rejected' : 'known' } };
  const missing = authEventIds.filter((id) => !known.has(id));
  if (missing.length > 0) return { outcome: { eventId, outcome: 'not-stored', missing } };
  const findEvent = (id: string) => {
    const found = known.get(id);
    return found && { event: found.event, rejected: found.isRejected };
  };
  const reason = judgeByAuthEvents(rules, event, { findEvent });
  const isRejected = reason !== undefined;
  const position = shard.remember(negativePositions).take();
  known.set(eventId, { event, position, isRejected, isAccepted: !isRejected, isPlaced: false, isPurged: false });
  noteOutlier(shard, event, position, isRejected);
  const write = insertEvent({
    shard: shard.id,
    position,
    room: room.id,
    sender: nameId(shard, pdu.sender),
    type: nameId(shard, pdu.type),
    eventId,
    transactionHash: null,
    transaction: null,
    notifyOrdinal: 0,
    flags:
      eventFlags.outlier |
      (isRejected ? eventFlags.rejected : 0) |
      (pdu.state_key === undefined ? 0 : eventFlags.state),
    thread: null,
    pduJson: event.pduJson,
    auth: pdu.state_key === undefined ? null : authEventIds.map((id) => known.get(id)?.position ?? 0),
  });
  return { outcome: { eventId, outcome: isRejected ? 'rejected' : 'stored', ...(isRejected && { reason }) }, write };
}

/** A hot room that has its auth graph in memory, or events that wait for this one. */
function noteOutlier(shard: OwnedShard, event: ParsedEvent, position: number, isRejected: boolean): void {
  const room = shard.remember(hotRooms).peek(event.roomId);
  if (!room) return;
  if (!isRejected && event.pdu.state_key !== undefined) room.addToAuthGraph(event, position);
  room.waiting.hasCome(event.eventId);
}

/**
 * Stores verified events without a place in the room's history: its state, and what stands behind it (auth chains). Each
 * must come with or after its auth events, by which it is judged. Makes the room known. Repeating it changes nothing.
 * Throws M_UNSUPPORTED_ROOM_VERSION.
 */
export async function addOutliers(
  context: Context,
  roomId: string,
  version: string,
  events: readonly ReceivedEvent[],
): Promise<OutlierOutcome[]> {
  if (events.length > maxEventsPerCall) throw new RangeError(`more than ${maxEventsPerCall} events at once`);
  return await context.shardLog.submit(addOutliersCommand, await shardOfRoom(context, roomId), {
    roomId,
    version,
    events,
  });
}
