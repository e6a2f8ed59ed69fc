import type { IdentifiedPdu } from '../events/pdu.ts';
import { isUserId } from '../identifiers/user-id.ts';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { domainOf } from './auth-state.ts';
import { type AuthorizationVerdict, allowed, reject } from './authorization-verdict.ts';

/**
 * The rule for m.room.create, which depends on no state.
 * https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules (rule 1)
 */
export function authorizeCreate(rules: RoomVersionRules, event: IdentifiedPdu): AuthorizationVerdict {
  const { pdu } = event;
  if (pdu.prev_events.length > 0) return reject('The create event has previous events');
  if (rules.roomIdIsCreateHash) {
    if (pdu.room_id !== undefined) return reject('The create event has a room id');
  } else if (domainOf(event.roomId) !== domainOf(pdu.sender)) {
    return reject("The room id is not of the sender's server");
  }
  const roomVersion = pdu.content['room_version'];
  if (roomVersion !== undefined && (typeof roomVersion !== 'string' || roomVersionRules(roomVersion) === undefined)) {
    return reject('The room version is not recognised');
  }
  if (!rules.implicitCreator && pdu.content['creator'] === undefined) return reject('The create event has no creator');
  if (rules.privilegedCreators) {
    const additional = pdu.content['additional_creators'];
    if (additional !== undefined && !isListOfUserIds(additional)) {
      return reject('additional_creators is not a list of user ids');
    }
  }
  return allowed;
}

function isListOfUserIds(value: unknown): boolean {
  return Array.isArray(value) && value.every((userId) => typeof userId === 'string' && isUserId(userId));
}
