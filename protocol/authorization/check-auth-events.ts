import { type IdentifiedPdu, referencedEventId } from '../events/pdu.ts';
import { createEventIdOfRoomId } from '../identifiers/room-id.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import { type AuthorizationVerdict, allowed, reject } from './authorization-verdict.ts';
import { selectAuthEvents } from './select-auth-events.ts';

/** An event that a server knows, with the verdict it got there on receipt. */
export interface ReceivedEvent {
  readonly event: IdentifiedPdu;
  readonly rejected: boolean;
}

/**
 * The rules about an event's `auth_events`, and from room version 12 on about its room id. `findEvent` answers for the
 * events that `auth_events` names and, from version 12 on, for the create event behind the room id; an event that it
 * does not know makes the verdict a rejection, so fetch what is missing before.
 * https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules (rules 2 and 3)
 */
export function checkAuthEvents(
  rules: RoomVersionRules,
  event: IdentifiedPdu,
  findEvent: (eventId: string) => ReceivedEvent | undefined,
): AuthorizationVerdict {
  const { pdu, roomId } = event;
  if (rules.roomIdIsCreateHash && pdu.type !== 'm.room.create') {
    const create = findEvent(createEventIdOfRoomId(roomId));
    if (create === undefined || create.rejected || create.event.pdu.type !== 'm.room.create') {
      return reject('The room id names no accepted create event');
    }
  }
  const selected = new Set(selectAuthEvents(rules, pdu).map(([type, stateKey]) => JSON.stringify([type, stateKey])));
  const createTuple = JSON.stringify(['m.room.create', '']);
  const needsCreate = selected.has(createTuple);
  for (const reference of pdu.auth_events) {
    const eventId = referencedEventId(reference);
    const authEvent = findEvent(eventId);
    if (authEvent === undefined) return reject(`The auth event ${eventId} is unknown`);
    const { type, state_key: stateKey } = authEvent.event.pdu;
    // A selected pair is taken out when it is seen: a second event of that pair is refused like an unselected one.
    if (stateKey === undefined || !selected.delete(JSON.stringify([type, stateKey]))) {
      return reject(`The auth event ${eventId} is of a type and state key that was not selected, or comes twice`);
    }
    if (authEvent.rejected) return reject(`The auth event ${eventId} was rejected`);
    if (authEvent.event.roomId !== roomId) return reject(`The auth event ${eventId} is of another room`);
  }
  if (needsCreate && selected.has(createTuple)) return reject('The create event is not among the auth events');
  return allowed;
}
