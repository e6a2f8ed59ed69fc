import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import type { SigningKey } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import { type IdentifiedPdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { ResolutionInput } from '@holdfast/protocol/state-resolution/resolution-input.ts';
import { type StateMap, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { ServerBehaviour } from './server-behaviour.ts';
import { simulatedCrypto } from './simulated-crypto.ts';

export type Verdict = 'accepted' | 'soft-failed' | 'rejected';

/** An event as a server stored it. */
export interface StoredEvent {
  readonly event: IdentifiedPdu;
  /** As it went over the wire. */
  readonly json: string;
  readonly verdict: Verdict;
  /** Why it was rejected or soft-failed. */
  readonly reason: string | undefined;
  readonly stateAfter: StateMap;
}

/** A server with its copy of the one room. */
export interface Server {
  readonly name: string;
  readonly key: SigningKey;
  readonly userIds: readonly string[];
  /** How far its wall clock is off. */
  readonly clockOffsetMs: number;
  readonly behaviour: ServerBehaviour;
  readonly rules: RoomVersionRules;
  readonly events: Map<string, StoredEvent>;
  readonly forwardExtremities: Set<string>;
  /** Events that came before others that they refer to, by event id. */
  readonly waiting: Map<string, { readonly json: string; readonly missing: Set<string> }>;
}

export function createServer(
  name: string,
  userIds: readonly string[],
  rules: RoomVersionRules,
  key: SigningKey,
  clockOffsetMs: number,
  behaviour: ServerBehaviour,
): Server {
  return {
    name,
    key,
    userIds,
    clockOffsetMs,
    behaviour,
    rules,
    events: new Map(),
    forwardExtremities: new Set(),
    waiting: new Map(),
  };
}

/** The state after several events together: their resolution. */
export function stateAfterAll(server: Server, eventIds: Iterable<string>): StateMap {
  const stateSets: StateMap[] = [];
  for (const eventId of eventIds) stateSets.push(storedEvent(server, eventId).stateAfter);
  return server.behaviour.resolve(resolutionInput(server, stateSets));
}

export function currentState(server: Server): StateMap {
  return stateAfterAll(server, server.forwardExtremities);
}

export function storedEvent(server: Server, eventId: string): StoredEvent {
  const stored = server.events.get(eventId);
  if (stored === undefined) throw new Error(`${server.name} does not have ${eventId}`);
  return stored;
}

/** A state map as what the authorisation rules ask. */
export function authStateOf(server: Server, state: StateMap): AuthState {
  return {
    get(type, stateKey) {
      const eventId = state.get(stateTuple(type, stateKey));
      return eventId === undefined ? undefined : server.events.get(eventId)?.event;
    },
  };
}

export function prevEventIds(event: IdentifiedPdu): string[] {
  return event.pdu.prev_events.map(referencedEventId);
}

function resolutionInput(server: Server, stateSets: readonly StateMap[]): ResolutionInput {
  return {
    rules: server.rules,
    stateSets,
    getEvent: (eventId) => server.events.get(eventId)?.event,
    wasRejected: (eventId) => server.events.get(eventId)?.verdict === 'rejected',
    verifySignature: simulatedCrypto.verify,
  };
}
