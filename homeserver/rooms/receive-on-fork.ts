import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { type IdentifiedPdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { addBackwardExtremity, removeBackwardExtremity } from '../storage/rooms/write-extremities.ts';
import type { DraftedStateChange, Placement } from './draft-room.ts';
import { eventReference } from './event-reference.ts';
import { type Extremity, type HotRoom, membershipIn, type StateEntry } from './hot-room.ts';
import { loadMembers } from './load-hot-room.ts';
import { loadStateEvents } from './load-state-events.ts';
import { readJoinersPushRules } from './own-push-rules.ts';
import { findRedactionEffect } from './receive-redaction.ts';
import type { ParsedEvent } from './received-event.ts';
import { namedMembers } from './remote/adopt-members.ts';
import { resolveRoomState } from './resolve-room-state.ts';
import { roomGraphMetrics } from './room-graph-metrics.ts';
import type { ReceivedVerdict, RoomReceiver } from './room-receiver.ts';
import { findStateBefore, loadStateView, type StateBefore } from './state-before-event.ts';
import {
  haveSameStates,
  newPlace,
  noOverrides,
  type Overrides,
  overrideWith,
  placeOnFork,
  rebaseOverrides,
} from './state-overrides.ts';

/** Rejected and soft-failed events are walked through to find what an event supersedes, so many at most. */
const maxWalkedEvents = 10_000;

/**
 * Judges and adds an event that forks the room or merges its branches, or for which something has to be read. Under the
 * room's key; nothing may have gathered in the receiver.
 */
export async function receiveOnFork(receiver: RoomReceiver, event: ParsedEvent): Promise<ReceivedVerdict> {
  return await receiveWithState(receiver, event, {
    before: await findStateBefore(receiver, event),
    isJudgedByCurrentState: true,
    findSuperseded: () => findSuperseded(receiver, event),
    alsoWrite: () => [],
  });
}

/** An event's place in the room, as far as it is known beforehand. */
export interface ForkPlace {
  readonly before: StateBefore;
  /** Whether the room's current state must allow it, too. */
  readonly isJudgedByCurrentState: boolean;
  /** Ids of extremities that it comes after. */
  findSuperseded(): Promise<ReadonlySet<string>>;
  /** Rows of the same transaction, given its position. */
  alsoWrite(position: number): readonly Write[];
}

/** Judges and adds an event, given the state before it. */
export async function receiveWithState(
  receiver: RoomReceiver,
  event: ParsedEvent,
  given: ForkPlace,
): Promise<ReceivedVerdict> {
  const { shard, room } = receiver;
  const { before } = given;
  const stateBefore = await loadStateView(shard, room, before.overrides, event);
  if (given.isJudgedByCurrentState) await receiver.loadPolicy();
  const judgement = await judgeByState(receiver, event, given, stateBefore);
  if (judgement.verdict === 'rejected' && receiver.wasRejected(event.eventId)) {
    receiver.forgetWaiting(event.eventId);
    return judgement;
  }
  if (judgement.verdict !== 'accepted') {
    await internNames(shard.context, [...namesIn(before.overrides), ...namesIn(before.place?.differences)]);
    receiver.addHidden(event, judgement, stateBefore, (position) => placeOfStateBefore(room, before, position));
    return judgement;
  }
  const superseded = await given.findSuperseded();
  const fork = await workOutFork(receiver, event, before, stateBefore, superseded);
  const effect = await findRedactionEffect(receiver, event, stateBefore);
  const missing = [...event.prevEventIds].filter((eventId) => receiver.placeOf(eventId) === undefined);
  const placed = missing.length === 0 ? effect.event : { ...effect.event, isAfterGap: true };
  // From here on nothing is waited for: positions are those that come next.
  const position = shard.nextPosition;
  receiver.addPlaced(placed, placementOf(room, placed, fork, position), [
    ...effect.writes(position),
    ...given.alsoWrite(position),
    removeBackwardExtremity(room.name.id, event.eventId),
    ...missing.map((eventId) => addBackwardExtremity(room.name.id, eventId, position)),
  ]);
  effect.apply();
  receiver.flush();
  roomGraphMetrics(shard.context).extremities.observe({}, room.extremities.length);
  return judgement;
}

async function judgeByState(
  receiver: RoomReceiver,
  event: ParsedEvent,
  { before, isJudgedByCurrentState }: ForkPlace,
  stateBefore: AuthState,
): Promise<ReceivedVerdict> {
  const { shard, room } = receiver;
  const judgement = receiver.judge(event, stateBefore, isJudgedByCurrentState);
  if (judgement.verdict !== 'rejected' || !room.isPartial) return judgement;
  const named = await namedMembers(receiver, event, before.overrides);
  if (!named) return judgement;
  const resolved = await resolveRoomState(shard, room, [before.overrides, named]);
  return receiver.judge(event, await loadStateView(shard, room, resolved, event), isJudgedByCurrentState);
}

/** What an event does to the room, worked out before it has a position. */
export interface Fork {
  readonly before: StateBefore;
  /** In the place of the event, in the state before it. */
  readonly replaced: IdentifiedPdu | undefined;
  /** The state after it; its own position is 0. */
  readonly after: Overrides;
  /** Extremities that stay. */
  readonly others: readonly Extremity[];
  readonly changes: readonly ResolvedChange[];
}

export interface ResolvedChange {
  readonly type: string;
  readonly stateKey: string;
  readonly before: StateEntry | undefined;
  /** `position` and `since` are filled in when they are known. */
  readonly after: IdentifiedPdu | undefined;
  readonly afterPosition: number;
}

async function workOutFork(
  receiver: RoomReceiver,
  event: ParsedEvent,
  before: StateBefore,
  stateBefore: AuthState,
  superseded: ReadonlySet<string>,
): Promise<Fork> {
  const { shard, room } = receiver;
  const { type, state_key: stateKey } = event.pdu;
  const isState = stateKey !== undefined;
  const own = { type, stateKey: stateKey ?? '', event: { eventId: event.eventId, position: 0 } };
  const after = isState ? overrideWith(before.overrides, own, room.get(type, own.stateKey)) : before.overrides;
  const others = room.extremities.filter(({ eventId }) => !superseded.has(eventId));
  const states = [after, ...others.map(({ overrides }) => overrides)];
  // The current state is that of all extremities: with the same states as before, it is resolved already.
  const isResolved = haveSameStates(
    states,
    room.extremities.map(({ overrides }) => overrides),
  );
  const resolved = isResolved ? noOverrides : await resolveRoomState(shard, room, states, isState ? [event] : []);
  const changes = await loadChanges(receiver, [event], resolved);
  await internNames(shard.context, [...namesIn(resolved), ...namesIn(after), ...namesIn(before.place?.differences)]);
  return { before, replaced: isState ? stateBefore.get(type, own.stateKey) : undefined, after, others, changes };
}

/** The events that a resolved state brings, `own` ones that are not stored yet among them, those that it takes away, and the push rules of who joins by it. */
export async function loadChanges(
  { shard, room }: RoomReceiver,
  own: readonly IdentifiedPdu[],
  resolved: Overrides,
): Promise<ResolvedChange[]> {
  const overrides = [...resolved.values()];
  const fresh = new Map(own.map((event) => [event.eventId, event]));
  const members = overrides.flatMap(({ type, stateKey }) => (type === 'm.room.member' ? stateKey : []));
  await loadMembers(shard.context, room, members);
  const refs = overrides.flatMap(({ event }) => (event && !fresh.has(event.eventId) ? event : []));
  const events = await loadStateEvents(shard, room, refs);
  const changes = overrides.map(({ type, stateKey, event }): ResolvedChange => {
    const after = fresh.get(event?.eventId ?? '') ?? events.get(event?.eventId ?? '');
    return { type, stateKey, before: room.get(type, stateKey), after, afterPosition: event?.position ?? 0 };
  });
  const joiners = changes.filter(({ type, after }) => type === 'm.room.member' && membershipIn(after?.pdu) === 'join');
  await readJoinersPushRules(
    shard.context,
    room,
    joiners.map(({ stateKey }) => stateKey),
  );
  return changes;
}

export function namesIn(overrides: Overrides | undefined): string[] {
  return [...(overrides?.values() ?? [])].flatMap(({ type, stateKey }) => [type, stateKey]);
}

/** Where the state before an event is stored: after its only prev event, or as a set of the event's own. */
function placeOfStateBefore(room: HotRoom, { place, overrides }: StateBefore, position: number) {
  return place ?? newPlace(room.extremities.at(-1)?.position ?? 0, overrides, position);
}

/** What becomes of the room with an event at a position. Nothing may have been waited for since the position was known. */
export function placementOf(room: HotRoom, event: IdentifiedPdu, fork: Fork, position: number): Placement {
  const { eventId, pdu } = event;
  const { before, replaced, others } = fork;
  const changes = fork.changes.map((change) => placedChange(room, change, event, position));
  const isState = pdu.state_key !== undefined;
  const after = isState ? withPosition(fork.after, event, position) : fork.after;
  const overrides = rebaseOverrides(after, changes);
  const [only] = changes;
  const isOwnChange =
    changes.length === 1 && only?.after?.eventId === eventId && only.before?.eventId === replaced?.eventId;
  const ownOverride = isState
    ? { type: pdu.type, stateKey: pdu.state_key ?? '', event: { eventId, position } }
    : undefined;
  const place = placeOnFork(before.place, ownOverride, overrides, position);
  const extremity: Extremity = {
    eventId,
    reference: eventReference(room.rules, eventId, pdu),
    depth: pdu.depth,
    position,
    overrides,
    place,
  };
  return {
    replaced,
    changes,
    isResolved: isState ? !isOwnChange : changes.length > 0,
    place: overrides.size === 0 ? undefined : place,
    extremities: [
      ...others.map((other) => ({ ...other, overrides: rebaseOverrides(other.overrides, changes) })),
      extremity,
    ],
  };
}

function placedChange(
  room: HotRoom,
  { type, stateKey, before, after, afterPosition }: ResolvedChange,
  own: IdentifiedPdu,
  position: number,
): DraftedStateChange {
  const isOwn = after?.eventId === own.eventId;
  const current = isOwn ? own : after;
  return {
    type,
    stateKey,
    before,
    after: current && {
      eventId: current.eventId,
      roomId: current.roomId,
      pdu: current.pdu,
      position: isOwn ? position : afterPosition,
      since: position,
    },
    openSince: before ? before.since : room.absent.get(stateTuple(type, stateKey)),
  };
}

/** The overrides with the position of a state event that had none. */
function withPosition(overrides: Overrides, { eventId, pdu }: IdentifiedPdu, position: number): Overrides {
  const tuple = stateTuple(pdu.type, pdu.state_key ?? '');
  const own = overrides.get(tuple);
  if (own?.event?.eventId !== eventId || own.event.position === position) return overrides;
  return new Map(overrides).set(tuple, { ...own, event: { eventId, position } });
}

/**
 * Ids of what an event comes after. What only rejected and soft-failed events stand between is superseded by it, too:
 * nobody refers to those.
 */
async function findSuperseded(receiver: RoomReceiver, event: ParsedEvent): Promise<Set<string>> {
  const superseded = new Set(event.prevEventIds);
  let next = [...event.prevEventIds];
  while (next.length > 0 && superseded.size < maxWalkedEvents) {
    const beyond = next.flatMap((eventId) => {
      const known = receiver.known(eventId);
      return known && !known.isAccepted ? known.event.pdu.prev_events.map(referencedEventId) : [];
    });
    next = beyond.filter((eventId) => !superseded.has(eventId));
    for (const eventId of next) superseded.add(eventId);
    await receiver.lookUp(next, new Set());
  }
  return superseded;
}
