import { isJsonObject } from '../json/parse-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { JsonObject, JsonValue, Pdu } from './pdu.ts';

const keptSinceVersion11 = [
  'event_id',
  'type',
  'room_id',
  'sender',
  'state_key',
  'content',
  'hashes',
  'signatures',
  'depth',
  'prev_events',
  'auth_events',
  'origin_server_ts',
] as const;
const keptBeforeVersion11 = [...keptSinceVersion11, 'prev_state', 'origin', 'membership'] as const;

const keptPowerLevels = [
  'ban',
  'events',
  'events_default',
  'kick',
  'redact',
  'state_default',
  'users',
  'users_default',
] as const;

/**
 * The event without everything that redaction removes, `unsigned` included: what signatures and event ids cover.
 * Gives a new event; members that stay are shared with the given one.
 * https://spec.matrix.org/v1.19/rooms/v12/#redactions and the same section of the older versions
 */
export function redactEvent(event: Pdu, rules: RoomVersionRules): Pdu {
  const members = event as unknown as JsonObject;
  const kept = pickMembers(members, rules.updatedRedaction ? keptSinceVersion11 : keptBeforeVersion11);
  if (isJsonObject(members['content'])) kept['content'] = redactContent(event.type, event.content, rules);
  return kept as unknown as Pdu;
}

/**
 * The content that an event of a type keeps when it is redacted. Gives the very object back when all of it stays,
 * so that its encoding can be used again.
 */
export function redactContent(type: string, content: JsonObject, rules: RoomVersionRules): JsonObject {
  switch (type) {
    case 'm.room.member':
      return redactMemberContent(content, rules);
    case 'm.room.create':
      return rules.updatedRedaction ? content : pickMembers(content, ['creator']);
    case 'm.room.join_rules':
      return pickMembers(content, rules.restrictedJoins ? ['join_rule', 'allow'] : ['join_rule']);
    case 'm.room.power_levels':
      return pickMembers(content, rules.updatedRedaction ? [...keptPowerLevels, 'invite'] : keptPowerLevels);
    case 'm.room.aliases':
      return pickMembers(content, rules.specialCaseAliases ? ['aliases'] : []);
    case 'm.room.history_visibility':
      return pickMembers(content, ['history_visibility']);
    case 'm.room.redaction':
      return pickMembers(content, rules.redactsInContent ? ['redacts'] : []);
    default:
      return {};
  }
}

function redactMemberContent(content: JsonObject, rules: RoomVersionRules): JsonObject {
  const kept = pickMembers(content, ['membership']);
  if (rules.keepAuthorisingUserOnRedaction) {
    Object.assign(kept, pickMembers(content, ['join_authorised_via_users_server']));
  }
  const invite = ownMember(content, 'third_party_invite');
  // An object that has no `signed` stays as an empty object: the key is kept, its other members are not.
  if (rules.updatedRedaction && isJsonObject(invite)) kept['third_party_invite'] = pickMembers(invite, ['signed']);
  return kept;
}

function pickMembers(object: JsonObject, keys: readonly string[]): JsonObject {
  const picked: JsonObject = {};
  for (const key of keys) {
    const value = ownMember(object, key);
    if (value !== undefined) picked[key] = value;
  }
  return picked;
}

function ownMember(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
