import type { CryptoPrimitives } from '../crypto/crypto-primitives.ts';
import type { IdentifiedPdu } from '../events/pdu.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { AuthState } from './auth-state.ts';
import { type PowerLevels, parsePowerLevels, userPowerLevel } from './power-levels.ts';

/** The Ed25519 primitive, for the signatures of third-party invites. */
export type VerifySignature = CryptoPrimitives['verify'];

/** An event with all that the rules of its type look at. */
export interface EventAuthority {
  readonly rules: RoomVersionRules;
  readonly event: IdentifiedPdu;
  readonly state: AuthState;
  readonly create: IdentifiedPdu;
  readonly powerLevels: PowerLevels;
  readonly sender: string;
  readonly senderLevel: number;
  readonly verifySignature: VerifySignature;
}

export function readEventAuthority(
  rules: RoomVersionRules,
  event: IdentifiedPdu,
  state: AuthState,
  create: IdentifiedPdu,
  verifySignature: VerifySignature,
): EventAuthority {
  const powerLevels = parsePowerLevels(rules, state.get('m.room.power_levels', ''));
  const { sender } = event.pdu;
  const senderLevel = userPowerLevel(rules, powerLevels, create, sender);
  return { rules, event, state, create, powerLevels, sender, senderLevel, verifySignature };
}

/** The power level of any user under the same state. */
export function levelOf({ rules, powerLevels, create }: EventAuthority, userId: string): number {
  return userPowerLevel(rules, powerLevels, create, userId);
}
