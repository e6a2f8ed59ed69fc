import type { IdentifiedPdu } from '../events/pdu.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { AuthState } from './auth-state.ts';
import { type PowerLevels, parsePowerLevels, userPowerLevel } from './power-levels.ts';

/** Checks an Ed25519 signature over a message; all three are raw bytes. A malformed key or signature is false. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

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
