import { type AuthorizationVerdict, allowed } from '@holdfast/protocol/authorization/authorization-verdict.ts';
import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { checkAuthEvents } from '@holdfast/protocol/authorization/check-auth-events.ts';
import { checkEventFormat } from '@holdfast/protocol/events/check-event-format.ts';
import { hasRightContentHash } from '@holdfast/protocol/events/content-hash.ts';
import { type IdentifiedPdu, type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { eventIdOf, roomIdOf } from '@holdfast/protocol/events/reference-hash.ts';
import { verifyEventSignatures } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { type StateMap, stateTuple, stateTupleOf } from '@holdfast/protocol/state-resolution/state-map.ts';
import { authStateOf, currentState, prevEventIds, type Server, stateAfterAll, type Verdict } from './server.ts';
import { makeSimulatedKey, simulatedCrypto } from './simulated-crypto.ts';

/**
 * Receives an event as it came over the wire. Gives the ids of events that it refers to and that are missing: it waits
 * until they have come.
 * https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu
 */
export function receiveEvent(server: Server, json: string): string[] {
  const event = identifyEvent(server, json);
  if (event === undefined || server.events.has(event.eventId)) return [];
  const missing = new Set(referencedEventIds(event).filter((eventId) => !server.events.has(eventId)));
  if (missing.size > 0) {
    server.waiting.set(event.eventId, { json, missing });
    return [...missing].filter((eventId) => !server.waiting.has(eventId));
  }
  storeEvent(server, event, json);
  for (let ready = takeReady(server); ready.length > 0; ready = takeReady(server)) {
    for (const next of ready) storeEvent(server, next.event, next.json);
  }
  return [];
}

/** Undefined for an event that is dropped: its signatures or hashes are wrong. */
function identifyEvent(server: Server, json: string): IdentifiedPdu | undefined {
  const { event: pdu, problem } = checkEventFormat(JSON.parse(json), server.rules);
  if (problem !== undefined) throw new Error(`${server.name} was sent no event: ${problem.message}`);
  const findKey = (name: string) => ({ publicKey: makeSimulatedKey(name).secretKey, validUntilTs: Infinity });
  if (verifyEventSignatures(pdu, server.rules, findKey, simulatedCrypto) !== undefined) return undefined;
  if (!hasRightContentHash(pdu, server.rules, simulatedCrypto)) return undefined;
  const eventId = eventIdOf(pdu, server.rules, simulatedCrypto);
  const roomId = eventId === undefined ? undefined : roomIdOf(pdu, eventId, server.rules);
  return eventId === undefined || roomId === undefined ? undefined : { eventId, roomId, pdu };
}

function referencedEventIds(event: IdentifiedPdu): string[] {
  return [...prevEventIds(event), ...event.pdu.auth_events.map(referencedEventId)];
}

function takeReady(server: Server): { event: IdentifiedPdu; json: string }[] {
  const ready: { event: IdentifiedPdu; json: string }[] = [];
  for (const [eventId, { json, missing }] of server.waiting) {
    for (const missingId of missing) if (server.events.has(missingId)) missing.delete(missingId);
    if (missing.size > 0) continue;
    server.waiting.delete(eventId);
    const event = identifyEvent(server, json);
    if (event !== undefined) ready.push({ event, json });
  }
  return ready;
}

function storeEvent(server: Server, event: IdentifiedPdu, json: string): void {
  const { events, forwardExtremities } = server;
  const stateBefore = stateAfterAll(server, prevEventIds(event));
  const { verdict, reason } = judgeEvent(server, event, stateBefore);
  const tuple = verdict === 'rejected' ? undefined : stateTupleOf(event.pdu);
  const stateAfter: StateMap = tuple === undefined ? stateBefore : new Map(stateBefore).set(tuple, event.eventId);
  events.set(event.eventId, { event, json, verdict, reason, stateAfter });
  if (verdict !== 'accepted') return;
  removeSuperseded(server, event);
  forwardExtremities.add(event.eventId);
}

function judgeEvent(
  server: Server,
  event: IdentifiedPdu,
  stateBefore: StateMap,
): { verdict: Verdict; reason: string | undefined } {
  const byAuthEvents = authorizeByAuthEvents(server, event);
  if (!byAuthEvents.allowed) return { verdict: 'rejected', reason: byAuthEvents.reason };
  const byStateBefore = authorizeByState(server, event, stateBefore);
  if (!byStateBefore.allowed && !server.behaviour.ignoresStateBefore) {
    return { verdict: 'rejected', reason: byStateBefore.reason };
  }
  const isCreate = event.pdu.type === 'm.room.create';
  const byCurrentState = isCreate ? allowed : authorizeByState(server, event, currentState(server));
  if (!byCurrentState.allowed) return { verdict: 'soft-failed', reason: byCurrentState.reason };
  return { verdict: 'accepted', reason: undefined };
}

function authorizeByAuthEvents(server: Server, event: IdentifiedPdu): AuthorizationVerdict {
  const { rules, events } = server;
  const verdict = checkAuthEvents(rules, event, (eventId) => {
    const stored = events.get(eventId);
    return stored && { event: stored.event, rejected: stored.verdict === 'rejected' };
  });
  if (!verdict.allowed) return verdict;
  const state = new Map<string, string>();
  const authEventIds = event.pdu.auth_events.map(referencedEventId);
  if (rules.roomIdIsCreateHash) state.set(stateTuple('m.room.create', ''), `$${event.roomId.slice(1)}`);
  for (const eventId of authEventIds) {
    const tuple = stateTupleOf(events.get(eventId)?.event.pdu as Pdu);
    if (tuple !== undefined) state.set(tuple, eventId);
  }
  return authorizeByState(server, event, state);
}

function authorizeByState(server: Server, event: IdentifiedPdu, state: StateMap): AuthorizationVerdict {
  return authorizeEvent(server.rules, event, authStateOf(server, state), simulatedCrypto.verify);
}

/** Events with a child are no forward extremities; one that only soft-failed events stand between has one, too. */
function removeSuperseded(server: Server, event: IdentifiedPdu): void {
  const superseded = prevEventIds(event);
  for (let eventId = superseded.pop(); eventId !== undefined; eventId = superseded.pop()) {
    server.forwardExtremities.delete(eventId);
    const stored = server.events.get(eventId);
    if (stored !== undefined && stored.verdict !== 'accepted') superseded.push(...prevEventIds(stored.event));
  }
}
