import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { domainOf } from '@holdfast/protocol/authorization/auth-state.ts';
import { parsePowerLevels, userPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import type { IdentifiedPdu, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { redactEvent as redactPdu } from '@holdfast/protocol/events/redact-event.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { encodeStoredPdu } from '../storage/rooms/stored-text.ts';
import { rewriteEvent } from '../storage/rooms/write-events.ts';
import type { HotRoom } from './hot-room.ts';

/** Whether the power to redact others' events stands behind a redaction, in the state before it. */
export function hasPowerToRedact(rules: RoomVersionRules, state: AuthState, sender: string): boolean {
  const powerLevels = parsePowerLevels(rules, state.get('m.room.power_levels', ''));
  return userPowerLevel(rules, powerLevels, state.get('m.room.create', ''), sender) >= powerLevels.redact;
}

/**
 * Whether a redaction of another server may take its target's content away. In room versions 1 and 2 the authorisation
 * rules have decided that. https://spec.matrix.org/v1.19/rooms/v3/#handling-redactions
 */
export function mayRedact(rules: RoomVersionRules, redaction: Pdu, target: Pdu, hasPower: boolean): boolean {
  if (rules.redactionAuthByEventIdDomain || hasPower) return true;
  return domainOf(redaction.sender) === domainOf(target.sender);
}

/** The row of an event that a redaction takes the content of; none for one that was redacted before. */
export function redactedRows(target: StoredEvent, redactionEventId: string): Write[] {
  if (target.unsigned.redacted_because !== undefined) return [];
  const redacted: Pdu = redactPdu(target.pdu, target.rules);
  const unsigned = { ...target.unsigned, redacted_because: redactionEventId };
  const text = encodeStoredPdu(redacted, target.rules, unsigned);
  return [rewriteEvent(target.shard, target.position, eventFlags.redacted, text)];
}

/** A current state event keeps its place, without the content that it lost. */
export function forgetContent(room: HotRoom, target: IdentifiedPdu): void {
  const { type, state_key: stateKey } = target.pdu;
  if (stateKey === undefined) return;
  room.stateEvents.delete(target.eventId);
  if (type === 'm.room.member' && !room.isMemberLoaded(stateKey)) return;
  const current = room.get(type, stateKey);
  if (current?.eventId !== target.eventId) return;
  room.put({ ...current, pdu: redactPdu(current.pdu, room.rules) });
  room.changedAt = Number.POSITIVE_INFINITY;
}
