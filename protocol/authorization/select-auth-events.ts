import type { JsonObject, Pdu } from '../events/pdu.ts';
import { isJsonObject } from '../json/parse-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';

/** What the selection looks at: an event that has no place in the room yet has it, too. */
export type UnplacedPdu = Pick<Pdu, 'type' | 'sender' | 'state_key' | 'content'>;

/**
 * The (type, state key) pairs of the room state that an event's `auth_events` names, where the state has them.
 * No pair comes twice. The create event is among them until room version 11 only.
 * https://spec.matrix.org/v1.19/server-server-api/#auth-events-selection
 */
export function selectAuthEvents(rules: RoomVersionRules, pdu: UnplacedPdu): [type: string, stateKey: string][] {
  if (pdu.type === 'm.room.create') return [];
  const selected: [string, string][] = rules.roomIdIsCreateHash ? [] : [['m.room.create', '']];
  selected.push(['m.room.power_levels', ''], ['m.room.member', pdu.sender]);
  if (pdu.type === 'm.room.member') selectForMember(rules, pdu, selected);
  return selected;
}

function selectForMember(rules: RoomVersionRules, pdu: UnplacedPdu, selected: [string, string][]): void {
  const { content, sender, state_key: target } = pdu;
  const membership = content['membership'];
  if (target !== undefined && target !== sender) selected.push(['m.room.member', target]);
  if (membership === 'join' || membership === 'invite' || membership === 'knock') {
    selected.push(['m.room.join_rules', '']);
  }
  const token = membership === 'invite' ? thirdPartyInviteToken(content) : undefined;
  if (token !== undefined) selected.push(['m.room.third_party_invite', token]);
  const authorisingUser = content['join_authorised_via_users_server'];
  if (rules.restrictedJoins && membership === 'join' && typeof authorisingUser === 'string') {
    if (authorisingUser !== sender && authorisingUser !== target) selected.push(['m.room.member', authorisingUser]);
  }
}

/** `content.third_party_invite.signed.token` of a membership event, where it is a string. */
export function thirdPartyInviteToken(content: JsonObject): string | undefined {
  const token = objectProperty(objectProperty(content, 'third_party_invite'), 'signed')?.['token'];
  return typeof token === 'string' ? token : undefined;
}

/** The property of an object where it is an object itself. */
export function objectProperty(object: JsonObject | undefined, property: string): JsonObject | undefined {
  const value = object?.[property];
  return isJsonObject(value) ? value : undefined;
}
