import type { IdentifiedPdu } from '../events/pdu.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import { type AuthState, domainOf, membershipOf } from './auth-state.ts';
import { type AuthorizationVerdict, allowed, reject } from './authorization-verdict.ts';
import { authorizeCreate } from './authorize-create.ts';
import { authorizeMember } from './authorize-member.ts';
import { authorizePowerLevels } from './authorize-power-levels.ts';
import { authorizeRedaction } from './authorize-redaction.ts';
import { type EventAuthority, readEventAuthority, type VerifySignature } from './event-authority.ts';
import { requiredPowerLevel } from './power-levels.ts';

/**
 * Whether a room state allows an event. The same question is asked of several states on receipt of a PDU (its auth
 * events, the state before it, the current state) and for every candidate in state resolution.
 *
 * What does not depend on that state stands elsewhere: `checkAuthEvents` for the rules about `auth_events`, the
 * signatures, the event's format. `verifySignature` is used for third-party invites only.
 * https://spec.matrix.org/v1.19/server-server-api/#authorisation-rules
 */
export function authorizeEvent(
  rules: RoomVersionRules,
  event: IdentifiedPdu,
  state: AuthState,
  verifySignature: VerifySignature,
): AuthorizationVerdict {
  const { pdu } = event;
  if (pdu.type === 'm.room.create') return authorizeCreate(rules, event);
  const create = state.get('m.room.create', '');
  if (create === undefined) return reject('The room has no create event');
  if (create.roomId !== event.roomId) return reject('The create event is of another room');
  if (create.pdu.content['m.federate'] === false && domainOf(pdu.sender) !== domainOf(create.pdu.sender)) {
    return reject('The room does not federate');
  }
  if (rules.specialCaseAliases && pdu.type === 'm.room.aliases') return authorizeAliases(event);
  return authorizeByType(readEventAuthority(rules, event, state, create, verifySignature));
}

/** https://spec.matrix.org/v1.19/rooms/v1/#authorisation-rules (rule 4); room versions 1 to 5 */
function authorizeAliases({ pdu }: IdentifiedPdu): AuthorizationVerdict {
  if (pdu.state_key === undefined) return reject('The aliases event has no state key');
  return domainOf(pdu.sender) === pdu.state_key ? allowed : reject("The aliases are not of the sender's server");
}

function authorizeByType(authority: EventAuthority): AuthorizationVerdict {
  const { rules, event, state, powerLevels, sender, senderLevel } = authority;
  const { type, state_key: stateKey } = event.pdu;
  if (type === 'm.room.member') return authorizeMember(authority);
  if (membershipOf(state, sender) !== 'join') return reject(`${sender} is not in the room`);
  if (type === 'm.room.third_party_invite') {
    return senderLevel >= powerLevels.invite ? allowed : reject(`${sender} may not invite`);
  }
  const required = requiredPowerLevel(powerLevels, type, stateKey !== undefined);
  if (senderLevel < required) return reject(`${type} needs a power level of ${required}; ${sender} has ${senderLevel}`);
  if (stateKey?.startsWith('@') && stateKey !== sender) return reject('The state key is another user');
  if (type === 'm.room.power_levels') return authorizePowerLevels(authority);
  if (rules.redactionAuthByEventIdDomain && type === 'm.room.redaction') return authorizeRedaction(authority);
  return allowed;
}
