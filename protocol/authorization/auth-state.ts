import type { IdentifiedPdu } from '../events/pdu.ts';

/**
 * The room state that an event is checked against. A Map of state tuples, a hot room's memory or a partially
 * resolved state can stand behind it. `authorizeEvent` asks for the create event (in every room version, even where
 * `auth_events` may not name it) and for what `selectAuthEvents` lists, and for nothing else.
 */
export interface AuthState {
  get(type: string, stateKey: string): IdentifiedPdu | undefined;
}

/** The `membership` of a user in a state; 'leave' for one who was never in the room. */
export function membershipOf(state: AuthState, userId: string): string {
  const membership = state.get('m.room.member', userId)?.pdu.content['membership'];
  return typeof membership === 'string' ? membership : 'leave';
}

/** The room's join rule; a room without one is invite-only. */
export function joinRuleOf(state: AuthState): string {
  const joinRule = state.get('m.room.join_rules', '')?.pdu.content['join_rule'];
  return typeof joinRule === 'string' ? joinRule : 'invite';
}

/** The part of a user id (or other `&localpart:domain` identifier) after the first colon; '' where there is none. */
export function domainOf(identifier: string): string {
  const colon = identifier.indexOf(':');
  return colon === -1 ? '' : identifier.slice(colon + 1);
}
