import type { IdentifiedPdu, JsonObject, JsonValue, Pdu } from '../events/pdu.ts';
import { isUserId } from '../identifiers/user-id.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import { roomCreators } from './room-creators.ts';

/** The properties of m.room.power_levels that are one level each. */
export const levelProperties = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const;

/**
 * An m.room.power_levels event, parsed. Every look-up is O(1). Levels are integers in ±(2^53-1); a level that an old
 * room version let through although it is none counts as absent.
 * https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export interface PowerLevels {
  /** False where the room has no m.room.power_levels event: then its creator stands at 100. */
  readonly exists: boolean;
  readonly users: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
  readonly notifications: ReadonlyMap<string, number>;
  /** The single levels that are present, by property name. */
  readonly levels: ReadonlyMap<string, number>;
  readonly usersDefault: number;
  readonly eventsDefault: number;
  readonly stateDefault: number;
  readonly ban: number;
  readonly kick: number;
  readonly redact: number;
  readonly invite: number;
  /** The first property that holds something else than levels; `users` comes first. */
  readonly malformedProperty: string | undefined;
}

interface ParsedEvent {
  readonly rules: RoomVersionRules;
  readonly powerLevels: PowerLevels;
}

const parsedEvents = new WeakMap<Pdu, ParsedEvent>();
const absentPowerLevels = parseContent({}, false, false);

/**
 * The power levels of a room version's m.room.power_levels event, or the defaults where there is none. PDUs are
 * immutable, so an event is parsed once however often its room is written to.
 */
export function parsePowerLevels(rules: RoomVersionRules, event: IdentifiedPdu | undefined): PowerLevels {
  if (event === undefined) return absentPowerLevels;
  const known = parsedEvents.get(event.pdu);
  if (known !== undefined && known.rules === rules) return known.powerLevels;
  const powerLevels = parseContent(event.pdu.content, true, rules.integerPowerLevels);
  parsedEvents.set(event.pdu, { rules, powerLevels });
  return powerLevels;
}

/**
 * The power level of a user. Infinity for a creator from room version 12 on; without an m.room.power_levels event
 * 100 for the creator and 0 for everybody else.
 * https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules
 */
export function userPowerLevel(
  rules: RoomVersionRules,
  powerLevels: PowerLevels,
  create: IdentifiedPdu | undefined,
  userId: string,
): number {
  if (create !== undefined && (rules.privilegedCreators || !powerLevels.exists)) {
    if (roomCreators(rules, create).has(userId)) return rules.privilegedCreators ? Infinity : 100;
  }
  return powerLevels.users.get(userId) ?? powerLevels.usersDefault;
}

/** The level that a sender needs for an event type, as a state event or as a message event. */
export function requiredPowerLevel(powerLevels: PowerLevels, eventType: string, isState: boolean): number {
  return powerLevels.events.get(eventType) ?? (isState ? powerLevels.stateDefault : powerLevels.eventsDefault);
}

function parseContent(content: JsonObject, exists: boolean, integersOnly: boolean): PowerLevels {
  const users = parseLevels(content['users'], integersOnly);
  const events = parseLevels(content['events'], integersOnly);
  const notifications = parseLevels(content['notifications'], integersOnly);
  const levels = new Map<string, number>();
  let malformedProperty =
    users === undefined || !users.complete || !everyKeyIsUserId(users.levels) ? 'users' : undefined;
  for (const property of levelProperties) {
    const value = content[property];
    if (value === undefined) continue;
    const level = parseLevel(value, integersOnly);
    if (level === undefined) malformedProperty ??= property;
    else levels.set(property, level);
  }
  if (!events?.complete) malformedProperty ??= 'events';
  if (!notifications?.complete) malformedProperty ??= 'notifications';
  return {
    exists,
    users: users?.levels ?? new Map(),
    events: events?.levels ?? new Map(),
    notifications: notifications?.levels ?? new Map(),
    levels,
    usersDefault: levels.get('users_default') ?? 0,
    eventsDefault: levels.get('events_default') ?? 0,
    stateDefault: levels.get('state_default') ?? 50,
    ban: levels.get('ban') ?? 50,
    kick: levels.get('kick') ?? 50,
    redact: levels.get('redact') ?? 50,
    invite: levels.get('invite') ?? 0,
    malformedProperty,
  };
}

function everyKeyIsUserId(levels: ReadonlyMap<string, number>): boolean {
  for (const userId of levels.keys()) if (!isUserId(userId)) return false;
  return true;
}

/** The levels of an object, with `complete` false where one was left out; undefined for anything but an object. */
function parseLevels(
  value: JsonValue | undefined,
  integersOnly: boolean,
): { levels: ReadonlyMap<string, number>; complete: boolean } | undefined {
  const levels = new Map<string, number>();
  if (value === undefined) return { levels, complete: true };
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  let complete = true;
  for (const [key, entry] of Object.entries(value)) {
    const level = parseLevel(entry, integersOnly);
    if (level === undefined) complete = false;
    else levels.set(key, level);
  }
  return { levels, complete };
}

const stringLevel = /^\s*[+-]?[0-9]+\s*$/;

/**
 * One level. Until room version 9 also a string that is an integer, and a number with a fraction, which is cut off.
 * https://spec.matrix.org/v1.19/rooms/v1/#mroompower_levels-events-accept-values-as-strings
 */
function parseLevel(value: JsonValue | undefined, integersOnly: boolean): number | undefined {
  let level = value;
  if (!integersOnly) {
    if (typeof value === 'string' && stringLevel.test(value)) level = Number(value);
    else if (typeof value === 'number') level = Math.trunc(value);
  }
  // Adding zero turns -0 into 0: Object.is-like comparisons elsewhere must not tell them apart.
  return typeof level === 'number' && Number.isSafeInteger(level) ? level + 0 : undefined;
}
