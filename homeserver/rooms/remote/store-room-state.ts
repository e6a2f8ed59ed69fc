import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { type IdentifiedPdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { roomIdOf } from '@holdfast/protocol/events/reference-hash.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { stateTuple, stateTupleOf } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import type { VerifiedEvent } from '../../remote-servers/received-events/received-event.ts';
import { mayBeSound } from '../../remote-servers/received-events/reply-events.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { eventFlags } from '../../storage/rooms/event-row.ts';
import type { MissingStateEvent } from '../../storage/rooms/missing-state-event.ts';
import { readEventsById } from '../../storage/rooms/read-events.ts';
import { readEventPlaces } from '../../storage/rooms/read-state-spans.ts';
import { addOutliers } from '../add-outliers.ts';
import type { MadeMembership } from './make-membership.ts';
import type { SentJoin } from './send-join.ts';

const idsPerLook = 5_000;
/** A server cannot make this one look for more. */
const mostMissing = 20_000;

export interface RoomStateToStore {
  readonly roomId: string;
  /** Which server told it. */
  readonly server: string;
  readonly made: MadeMembership;
  readonly sent: SentJoin;
}

export interface StoredRoomState {
  /** Ids of the state before the join. */
  readonly stateEventIds: readonly string[];
  /** What of the state and its authority could not be had, where a key was missing that would say whether it is sound. */
  readonly missing: readonly MissingStateEvent[];
}

/**
 * Stores the room's state that a server told with its auth chain, as far as it is accepted: events that are not sound, or
 * not allowed, are left out as if they had not been told. What is left must have the room's create event and allow the
 * join. Throws RemoteServerError when it does not.
 */
export async function storeRoomState(context: Context, told: RoomStateToStore): Promise<StoredRoomState> {
  const { roomId, made, sent } = told;
  const isState = new Set(sent.events.arrays['state']);
  // With partial state, the members that the join refers to are part of the state without being told as such.
  if (sent.membersOmitted)
    for (const reference of made.event.pdu.auth_events) isState.add(referencedEventId(reference));
  const tuplesSeen = new Set<string>();
  const authTuples = new Set(selectAuthEvents(made.rules, made.event.pdu).map(([type, key]) => stateTuple(type, key)));
  authTuples.add(stateTuple('m.room.create', ''));
  const authState = new Map<string, IdentifiedPdu>();
  const stateIds: string[] = [];
  // Without one of these the join would be rejected here, for good, while others have accepted it.
  const allowing = new Set(made.event.pdu.auth_events.map(referencedEventId));
  for await (const batch of sent.events.batches()) {
    const accepted = await storeOutliers(context, made.rules, roomId, batch);
    for (const { eventId, pdu } of accepted) {
      allowing.delete(eventId);
      const tuple = stateTupleOf(pdu);
      if (tuple === undefined || !isState.has(eventId) || tuplesSeen.has(tuple)) continue;
      tuplesSeen.add(tuple);
      stateIds.push(eventId);
      if (authTuples.has(tuple)) authState.set(tuple, { eventId, roomId, pdu });
    }
  }
  const { count, examples } = sent.events.refused();
  if (count > 0) {
    const what = { roomId, server: told.server, refusedCount: count, problem: examples[0]?.problem.message };
    context.log.warn(what, 'state of a room came with events that do not hold');
  }
  checkEntrance(told, authState);
  // One that was here before, such as the ban that ended an earlier stay, is not always told again.
  const known = await readEventsById(context, [...allowing]);
  const lacking = [...allowing].find((eventId) => ((known.get(eventId)?.flags ?? ~0) & eventFlags.rejected) !== 0);
  if (lacking !== undefined) {
    throw new RemoteServerError('bad-answer', told.server, `what allows the join cannot be had: ${lacking}`);
  }
  const missing = mayBeSound(sent.events.refused()) ? await findMissing(context, roomId, sent.events.arrays) : [];
  return { stateEventIds: stateIds, missing };
}

/** What was told and is not stored: events whose keys are missing, and those that stand on them. */
async function findMissing(
  context: Context,
  roomId: string,
  { state = [], auth_chain: authChain = [] }: Readonly<Record<string, readonly string[]>>,
): Promise<MissingStateEvent[]> {
  const room = await findRoom(context, roomId);
  if (!room) return [];
  const isState = new Set(state);
  const told = [...new Set([...state, ...authChain])];
  const missing: MissingStateEvent[] = [];
  for (let start = 0; start < told.length && missing.length < mostMissing; start += idsPerLook) {
    const ids = told.slice(start, start + idsPerLook);
    const known = await readEventPlaces(context, room, ids);
    for (const eventId of ids) if (!known.has(eventId)) missing.push({ eventId, isState: isState.has(eventId) });
  }
  return missing;
}

/** Stores verified events of a room, each after its auth events, as outliers; gives those that are accepted. */
export async function storeOutliers(
  context: Context,
  rules: RoomVersionRules,
  roomId: string,
  events: readonly VerifiedEvent[],
): Promise<VerifiedEvent[]> {
  const own = events.filter(({ eventId, pdu }) => roomIdOf(pdu, eventId, rules) === roomId);
  const received = own.map(({ eventId, pduJson }) => ({ eventId, pduJson }));
  const outcomes = await addOutliers(context, roomId, rules.id, received);
  const accepted = new Set<string>();
  for (const { eventId, outcome } of outcomes) if (outcome === 'stored' || outcome === 'known') accepted.add(eventId);
  return own.filter(({ eventId }) => accepted.has(eventId));
}

function checkEntrance(
  { roomId, server, made }: RoomStateToStore,
  authState: ReadonlyMap<string, IdentifiedPdu>,
): void {
  const { rules, event, version } = made;
  const refuse = (message: string) => new RemoteServerError('bad-answer', server, message);
  const create = authState.get(stateTuple('m.room.create', ''));
  if (!create) throw refuse('the state that it told has no sound create event');
  if ((create.pdu.content['room_version'] ?? '1') !== version) throw refuse('the create event is of another version');
  const state: AuthState = { get: (type, stateKey) => authState.get(stateTuple(type, stateKey)) };
  const join = { eventId: event.eventId, roomId, pdu: event.pdu };
  const verdict = authorizeEvent(rules, join, state, cryptoPrimitives.verify);
  if (!verdict.allowed) throw refuse(`the state that it told does not allow the join: ${verdict.reason}`);
}
