import { isEventIdOfFormat } from '../identifiers/event-id.ts';
import { isStorableText } from '../identifiers/identifier-text.ts';
import { isCreateHashRoomId, parseRoomId } from '../identifiers/room-id.ts';
import { isUserId } from '../identifiers/user-id.ts';
import { checkCanonicalJson } from '../json/check-canonical-json.ts';
import { isJsonObject } from '../json/parse-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { JsonObject, JsonValue, Pdu } from './pdu.ts';

/** Why something is no event of its room version: it is dropped, or refused with M_BAD_JSON. */
export interface EventFormatProblem {
  readonly field: string;
  readonly message: string;
}

export type CheckedEvent =
  | { readonly event: Pdu; readonly problem?: undefined }
  | { readonly event?: undefined; readonly problem: EventFormatProblem };

const maximumPrevEvents = 20;
const maximumAuthEvents = 10;
/** Depth ends at 2^53-1 from version 6 on; before, at 2^63-1, which a double only holds as 2^63. */
const maximumDepth = Number.MAX_SAFE_INTEGER;
const maximumDepthBeforeVersion6 = 2 ** 63;

type FieldCheck = (value: JsonValue | undefined, rules: RoomVersionRules, event: JsonObject) => string | undefined;

const fieldChecks: readonly (readonly [field: string, check: FieldCheck])[] = [
  ['type', (value) => checkText(value)],
  ['state_key', (value) => (value === undefined ? undefined : checkText(value))],
  ['sender', (value) => (typeof value === 'string' && isUserId(value) ? undefined : 'must be a user id')],
  ['room_id', checkRoomId],
  ['event_id', checkEventId],
  ['content', checkObject],
  ['origin_server_ts', (value) => (Number.isInteger(value) ? undefined : 'must be an integer')],
  ['depth', checkDepth],
  ['prev_events', (value, rules) => checkReferences(value, rules, maximumPrevEvents)],
  ['auth_events', (value, rules) => checkReferences(value, rules, maximumAuthEvents)],
  ['redacts', checkRedacts],
  ['hashes', checkHashes],
  ['signatures', checkSignatures],
  ['unsigned', (value) => (value === undefined ? undefined : checkObject(value))],
];

/**
 * An object from outside as an event, or the first thing that makes it no event of the room version: a field that is
 * missing, of the wrong type or out of bounds, an id that breaks its grammar, JSON that the version does not allow.
 * Sizes are left to `checkEventSize`.
 * https://spec.matrix.org/v1.19/rooms/v12/#event-format and the same section of the older versions
 */
export function checkEventFormat(candidate: JsonObject, rules: RoomVersionRules): CheckedEvent {
  for (const [field, check] of fieldChecks) {
    const message = check(Object.hasOwn(candidate, field) ? candidate[field] : undefined, rules, candidate);
    if (message !== undefined) return { problem: { field, message: `${field} ${message}` } };
  }
  const problem = checkCanonicalJson(candidate, { strict: rules.strictCanonicalJson });
  if (problem !== undefined) return { problem: { field: problem.path, message: problem.message } };
  return { event: candidate as unknown as Pdu };
}

function checkText(value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  return isStorableText(value) ? undefined : 'must not hold NUL or lone surrogates';
}

function checkObject(value: JsonValue | undefined): string | undefined {
  return isJsonObject(value) ? undefined : 'must be an object';
}

function checkRoomId(value: JsonValue | undefined, rules: RoomVersionRules, event: JsonObject): string | undefined {
  if (rules.roomIdIsCreateHash) {
    // A create event with a room_id has a sound format: the authorisation rules reject it.
    if (event['type'] === 'm.room.create' && event['state_key'] === '') return undefined;
    return typeof value === 'string' && isCreateHashRoomId(value) ? undefined : 'must be a room id without a domain';
  }
  const parsed = typeof value === 'string' ? parseRoomId(value) : undefined;
  return parsed?.serverName === undefined ? 'must be a room id with a domain' : undefined;
}

function checkEventId(value: JsonValue | undefined, rules: RoomVersionRules): string | undefined {
  if (rules.eventIds !== 'server') return undefined;
  return isEventIdOf(value, rules) ? undefined : 'must be an event id with a domain';
}

function isEventIdOf(value: JsonValue | undefined, rules: RoomVersionRules): boolean {
  return typeof value === 'string' && isEventIdOfFormat(value, rules.eventIds);
}

function checkDepth(value: JsonValue | undefined, rules: RoomVersionRules): string | undefined {
  const maximum = rules.strictCanonicalJson ? maximumDepth : maximumDepthBeforeVersion6;
  const isDepth = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maximum;
  return isDepth ? undefined : `must be an integer from 0 to ${maximum}`;
}

function checkReferences(
  value: JsonValue | undefined,
  rules: RoomVersionRules,
  maximumLength: number,
): string | undefined {
  if (!Array.isArray(value)) return 'must be an array';
  if (value.length > maximumLength) return `must not have more than ${maximumLength} entries`;
  const isReference = rules.eventIds === 'server' ? isReferenceWithHashes : isEventIdOf;
  return value.every((entry) => isReference(entry, rules)) ? undefined : 'must refer to event ids of the room version';
}

/** Versions 1 and 2: an event id and an object of its hashes. */
function isReferenceWithHashes(value: JsonValue, rules: RoomVersionRules): boolean {
  return Array.isArray(value) && value.length === 2 && isEventIdOf(value[0], rules) && isJsonObject(value[1]);
}

function checkRedacts(value: JsonValue | undefined, rules: RoomVersionRules, event: JsonObject): string | undefined {
  if (rules.redactsInContent || event['type'] !== 'm.room.redaction') return undefined;
  return value === undefined || typeof value === 'string' ? undefined : 'must be a string';
}

function checkHashes(value: JsonValue | undefined): string | undefined {
  const sound = isJsonObject(value) && Object.hasOwn(value, 'sha256') && typeof value['sha256'] === 'string';
  return sound ? undefined : 'must be an object with a string sha256';
}

function checkSignatures(value: JsonValue | undefined): string | undefined {
  const sound =
    isJsonObject(value) &&
    Object.values(value).every(
      (own) => isJsonObject(own) && Object.values(own).every((signature) => typeof signature === 'string'),
    );
  return sound ? undefined : 'must be an object of objects of strings';
}
