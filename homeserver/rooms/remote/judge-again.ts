import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { createEventIdOfRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { OwnedShard } from '../../platform/shard-log/command.ts';
import { type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../../storage/rooms/event-row.ts';
import { readEventsById } from '../../storage/rooms/read-events.ts';
import { type PartialEvent, readAcceptedSince, readRejectedSince } from '../../storage/rooms/read-partial-events.ts';
import { readPartialJoin } from '../../storage/rooms/read-partial-rooms.ts';
import { deleteExtremity, setEventFlags } from '../../storage/rooms/write-judged-again.ts';
import { insertReceivedPdu } from '../../storage/rooms/write-received-pdus.ts';
import { type Evidence, judgeByAuthEvents, judgeEvent } from '../judge-event.ts';
import { StateLine } from './state-line.ts';

const eventsAtOnce = 500;
/** Later events stay what they were taken for; a room is whole within minutes. */
const maxEvents = 20_000;
const maxRejected = 5_000;

/** What happens after the last event happens when the room becomes whole. */
const atTheEnd = Infinity;

/** What is found out on the way through the events. */
interface Replay {
  readonly shard: OwnedShard;
  readonly rules: RoomVersionRules;
  readonly line: StateLine;
  /** Of events whose verdict changed: whether they are rejected now. */
  readonly verdicts: Map<string, boolean>;
  readonly writes: Write[];
}

/**
 * Judges the events again that came while most members of the room were not known, by the members that are stored now.
 * Those that should not have been accepted leave the timeline and the state, and rejected state events that should have
 * been accepted become part of the state, from where they came on; a rejected message is among the events that wait from
 * then on, to be received as if it came now. Events on forks are judged by their auth events alone. Gives the writes, for
 * the position at which the room becomes whole; undefined: every verdict holds.
 * https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3902-faster-remote-joins.md
 */
export async function judgeAgain(
  shard: OwnedShard,
  room: RoomName,
): Promise<((position: number) => Write[]) | undefined> {
  const { context } = shard;
  const join = await readPartialJoin(context, room.id);
  if (!join) return undefined;
  const line = new StateLine(shard, room, join.position);
  const replay: Replay = { shard, rules: rulesOfRoom(room), line, verdicts: new Map(), writes: [] };
  let rejected = await readRejectedSince(context, room, join.lowestPosition, maxRejected);
  let after = join.position;
  for (let count = 0; count < maxEvents; count += eventsAtOnce) {
    const page = await readAcceptedSince(context, room, after, eventsAtOnce);
    const isLast = page.length < eventsAtOnce;
    after = page.at(-1)?.event.position ?? after;
    const turn = rejected.filter((one) => isLast || one.after < after);
    rejected = rejected.filter((one) => !turn.includes(one));
    await judgePage(replay, page, turn);
    if (isLast) break;
  }
  if (replay.verdicts.size === 0) return undefined;
  context.log.info(
    { roomId: room.roomId, count: replay.verdicts.size, eventIds: [...replay.verdicts.keys()].slice(0, 5) },
    'events were judged otherwise once the members of the room were known',
  );
  return (position) => [...replay.writes, ...line.writes(position)];
}

async function judgePage(
  replay: Replay,
  accepted: readonly PartialEvent[],
  rejected: readonly PartialEvent[],
): Promise<void> {
  const all = [...accepted, ...rejected];
  const { rules, line } = replay;
  await line.load(
    all.flatMap(({ event: { pdu } }): (readonly [string, string])[] => [
      ...alwaysNeeded,
      ...selectAuthEvents(rules, pdu),
      ...(pdu.state_key === undefined ? [] : [[pdu.type, pdu.state_key] as const]),
    ]),
  );
  const findEvent = await loadAuthEvents(replay, all);
  let next = 0;
  const judgeRejectedBefore = (position: number) => {
    for (let one = rejected[next]; one && one.after < position; one = rejected[++next]) {
      if (!isRefused(replay, one, findEvent)) acceptAfterAll(replay, one.event, position);
    }
  };
  for (const one of accepted) {
    judgeRejectedBefore(one.event.position);
    if (isRefused(replay, one, findEvent)) rejectAfterAll(replay, one.event);
  }
  judgeRejectedBefore(atTheEnd);
}

const alwaysNeeded = [
  ['m.room.create', ''],
  ['m.room.power_levels', ''],
  ['m.room.join_rules', ''],
] as const;

async function loadAuthEvents(
  { shard, rules, verdicts }: Replay,
  all: readonly PartialEvent[],
): Promise<Evidence['findEvent']> {
  const ids = new Set(all.flatMap(({ event: { pdu } }) => pdu.auth_events.map(referencedEventId)));
  const roomId = all[0]?.event.roomId;
  if (rules.roomIdIsCreateHash && roomId !== undefined) ids.add(createEventIdOfRoomId(roomId));
  const found = await readEventsById(shard.context, [...ids]);
  return (eventId) => {
    const event = found.get(eventId);
    return event && { event, rejected: verdicts.get(eventId) ?? (event.flags & eventFlags.rejected) !== 0 };
  };
}

function isRefused(
  { rules, line }: Replay,
  { event, after, isOnFork }: PartialEvent,
  findEvent: Evidence['findEvent'],
): boolean {
  if (isOnFork) return judgeByAuthEvents(rules, event, { findEvent }) !== undefined;
  const state = line.stateAfter(after);
  return judgeEvent(rules, event, { findEvent, stateBefore: state, currentState: state }).verdict === 'rejected';
}

function rejectAfterAll({ shard, line, verdicts, writes }: Replay, event: StoredEvent): void {
  verdicts.set(event.eventId, true);
  writes.push(setEventFlags(shard.id, event.position, event.flags | eventFlags.rejected));
  writes.push(deleteExtremity(event.roomNumber, event.position));
  if (event.pdu.state_key !== undefined) line.takeOut(event);
}

function acceptAfterAll({ shard, rules, line, verdicts, writes }: Replay, event: StoredEvent, from: number): void {
  verdicts.set(event.eventId, false);
  writes.push(setEventFlags(shard.id, event.position, (event.flags & ~eventFlags.rejected) | eventFlags.outlier));
  if (event.pdu.state_key !== undefined) {
    line.putIn(event, from);
    return;
  }
  // Once the room is whole it comes as if it had been sent then, and gets its place in the timeline.
  const { eventId, roomNumber } = event;
  const { unsigned: _, ...pdu } = event.pdu;
  const origin = parseUserId(pdu.sender)?.serverName ?? '';
  const row = { shard: shard.id, room: roomNumber, eventId, origin, depth: pdu.depth, isFetched: true };
  writes.push(insertReceivedPdu({ ...row, pduJson: encodePdu(pdu, rules) }));
}
