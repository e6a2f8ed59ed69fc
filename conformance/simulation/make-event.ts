import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { EventReference, IdentifiedPdu, JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { signEvent } from '@holdfast/protocol/events/sign-event.ts';
import { requiredSignatures } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { authStateOf, type Server, stateAfterAll, storedEvent } from './server.ts';
import { makeSimulatedKey, simulatedCrypto } from './simulated-crypto.ts';

/** What somebody wants to send. */
export interface Draft {
  readonly type: string;
  readonly sender: string;
  readonly stateKey?: string;
  readonly content: JsonObject;
  readonly redacts?: string;
}

/** Where an event stands: its room, the events it comes after, and what its server's clock says. */
export interface Place {
  /** Undefined for the create event of room version 12. */
  readonly roomId: string | undefined;
  readonly prevEventIds: readonly string[];
  /** Events whose state the auth events come from, where a hostile server takes another one than that of its place. */
  readonly authorityIds?: readonly string[];
  readonly originServerTs: number;
  /** Makes the event ids of room versions 1 and 2 unique. */
  readonly serial: number;
}

export interface MadeEvent {
  readonly json: string;
  readonly roomId: string;
  /** Whether the state that its auth events come from allows it. */
  readonly isAllowed: boolean;
}

/** Makes an event, signed by the sender's server and by whoever else has to. */
export function makeEvent(server: Server, draft: Draft, place: Place): MadeEvent {
  const { rules } = server;
  const unplaced = { ...draft, ...(draft.stateKey !== undefined && { state_key: draft.stateKey }) };
  const state = stateAfterAll(server, place.authorityIds ?? place.prevEventIds);
  const depths = place.prevEventIds.map((eventId) => storedEvent(server, eventId).event.pdu.depth);
  const built = buildEvent(
    {
      ...draft,
      roomId: place.roomId,
      originServerTs: place.originServerTs,
      depth: Math.max(0, ...depths) + 1,
      prevEvents: place.prevEventIds.map((eventId) => referenceTo(server, eventId)),
      authEvents: selectAuthEvents(rules, unplaced).flatMap(([type, stateKey]) => {
        const eventId = state.get(stateTuple(type, stateKey));
        return eventId === undefined ? [] : [referenceTo(server, eventId)];
      }),
      eventId: `$${place.serial}:${server.name}`,
    },
    rules,
    server.key,
    simulatedCrypto,
  );
  if (built === undefined) throw new Error(`${server.name} cannot make an event of ${JSON.stringify(draft)}`);
  const event: IdentifiedPdu = { eventId: built.eventId, roomId: built.roomId, pdu: countersign(server, built.pdu) };
  const verdict = authorizeEvent(rules, event, authStateOf(server, state), simulatedCrypto.verify);
  return { json: encodePdu(event.pdu, rules), roomId: built.roomId, isAllowed: verdict.allowed };
}

/** The signatures of other servers, which a real server would ask for. */
function countersign(server: Server, pdu: Pdu): Pdu {
  let signed = pdu;
  for (const { serverName } of requiredSignatures(pdu, server.rules)) {
    if (serverName === server.name) continue;
    signed = signEvent(signed, server.rules, makeSimulatedKey(serverName), simulatedCrypto);
  }
  return signed;
}

function referenceTo(server: Server, eventId: string): EventReference {
  if (server.rules.eventIds !== 'server') return eventId;
  return [eventId, { sha256: storedEvent(server, eventId).event.pdu.hashes?.sha256 ?? '' }];
}
