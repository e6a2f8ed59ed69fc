import { domainOf } from './auth-state.ts';
import { type AuthorizationVerdict, allowed, reject } from './authorization-verdict.ts';
import type { EventAuthority } from './event-authority.ts';

/**
 * The rule for m.room.redaction in room versions 1 and 2, where event ids name a server. Later versions decide when
 * they apply the redaction.
 * https://spec.matrix.org/v1.19/rooms/v1/#authorisation-rules (rule 11)
 */
export function authorizeRedaction({ event, powerLevels, senderLevel }: EventAuthority): AuthorizationVerdict {
  if (senderLevel >= powerLevels.redact) return allowed;
  const { redacts } = event.pdu;
  if (redacts !== undefined && domainOf(redacts) === domainOf(event.eventId)) return allowed;
  return reject('The sender may only redact events of their own server');
}
