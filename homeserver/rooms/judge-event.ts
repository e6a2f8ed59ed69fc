import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { checkAuthEvents, type ReceivedEvent } from '@holdfast/protocol/authorization/check-auth-events.ts';
import { type IdentifiedPdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { createEventIdOfRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import {
  isPolicySigned,
  needsPolicySignature,
  type PolicyServer,
} from '@holdfast/protocol/policy-servers/policy-server.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { stateTuple, stateTupleOf } from '@holdfast/protocol/state-resolution/state-map.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';

/*
 * The checks on receipt of a PDU, in their order, with what becomes of an event that fails one:
 *
 * 1. it is a valid event of the room's version          drop        remote-servers, before it comes here
 * 2. its signatures are valid                           drop        remote-servers
 * 3. its content hash is right                          redact      remote-servers
 * 4. it comes after other events of the room            reject      judgeEvent (only the create event may not)
 * 5. its auth events allow it                           reject      judgeEvent
 * 6. the state before it allows it                      reject      judgeEvent
 * 7. the room's current state allows it                 soft-fail   judgeEvent
 * 8. the room's policy server recommends it             soft-fail   judgeByPolicy
 *
 * https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu
 */

export type Verdict = 'accepted' | 'soft-failed' | 'rejected';

export interface Judgement {
  readonly verdict: Verdict;
  /** Why it was not accepted. */
  readonly reason?: string;
}

/** What an event is judged by. All of it must have been loaded. */
export interface Evidence {
  /** Answers for the event's auth events, and from room version 12 on for the create event. */
  findEvent(eventId: string): ReceivedEvent | undefined;
  /** The state before the event. */
  readonly stateBefore: AuthState;
  /** The room's state now. */
  readonly currentState: AuthState;
}

const accepted: Judgement = { verdict: 'accepted' };

/** What becomes of a verified event whose prev events and auth events are here. */
export function judgeEvent(rules: RoomVersionRules, event: IdentifiedPdu, evidence: Evidence): Judgement {
  if (event.pdu.prev_events.length === 0) return rejected('It comes after no other event of the room');
  const byAuthEvents = judgeByAuthEvents(rules, event, evidence);
  if (byAuthEvents !== undefined) return rejected(`Its auth events do not allow it: ${byAuthEvents}`);
  const byStateBefore = refusalOf(rules, event, evidence.stateBefore);
  if (byStateBefore !== undefined) return rejected(`The state before it does not allow it: ${byStateBefore}`);
  if (evidence.currentState === evidence.stateBefore) return accepted;
  const byCurrentState = refusalOf(rules, event, evidence.currentState);
  if (byCurrentState === undefined) return accepted;
  return { verdict: 'soft-failed', reason: `The current state does not allow it: ${byCurrentState}` };
}

/** What becomes of an event that is allowed, in a room that uses a policy server. */
export function judgeByPolicy(rules: RoomVersionRules, { pdu }: IdentifiedPdu, policyServer: PolicyServer): Judgement {
  if (!needsPolicySignature(pdu) || isPolicySigned(pdu, rules, policyServer, cryptoPrimitives)) return accepted;
  return { verdict: 'soft-failed', reason: `The policy server ${policyServer.server} has not signed it` };
}

/** Why an event's own auth events do not allow it; undefined: they do. */
export function judgeByAuthEvents(
  rules: RoomVersionRules,
  event: IdentifiedPdu,
  { findEvent }: Pick<Evidence, 'findEvent'>,
): string | undefined {
  const selection = checkAuthEvents(rules, event, findEvent);
  if (!selection.allowed) return selection.reason;
  return refusalOf(rules, event, authEventsState(rules, event, findEvent));
}

/** The state that an event's auth events are. */
function authEventsState(
  rules: RoomVersionRules,
  { roomId, pdu }: IdentifiedPdu,
  findEvent: Evidence['findEvent'],
): AuthState {
  const state = new Map<string, IdentifiedPdu>();
  const add = (eventId: string) => {
    const authEvent = findEvent(eventId)?.event;
    const tuple = authEvent && stateTupleOf(authEvent.pdu);
    if (authEvent && tuple !== undefined) state.set(tuple, authEvent);
  };
  if (rules.roomIdIsCreateHash && pdu.type !== 'm.room.create') add(createEventIdOfRoomId(roomId));
  for (const reference of pdu.auth_events) add(referencedEventId(reference));
  return { get: (type, stateKey) => state.get(stateTuple(type, stateKey)) };
}

function refusalOf(rules: RoomVersionRules, event: IdentifiedPdu, state: AuthState): string | undefined {
  const verdict = authorizeEvent(rules, event, state, cryptoPrimitives.verify);
  return verdict.allowed ? undefined : verdict.reason;
}

function rejected(reason: string): Judgement {
  return { verdict: 'rejected', reason };
}
