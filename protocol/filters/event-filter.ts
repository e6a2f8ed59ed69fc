import type { JsonObject } from '../events/pdu.ts';
import { compileGlob } from '../globs/compile-glob.ts';
import { type FilterReader, fault } from './filter-reader.ts';

/**
 * An EventFilter, compiled. Undefined members exclude nothing.
 * https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export interface EventFilter {
  /** Most events to return, 1 to `maxFilterLimit`; undefined: the operation's own default. */
  readonly limit: number | undefined;
  /** Nothing but the limit is set, so that every event matches. */
  readonly matchesAll: boolean;
  readonly types: TypeTest | undefined;
  readonly notTypes: TypeTest | undefined;
  readonly senders: ReadonlySet<string> | undefined;
  readonly notSenders: ReadonlySet<string> | undefined;
}

/** A RoomEventFilter, compiled. */
export interface RoomEventFilter extends EventFilter {
  readonly rooms: ReadonlySet<string> | undefined;
  readonly notRooms: ReadonlySet<string> | undefined;
  readonly containsUrl: boolean | undefined;
  readonly lazyLoadMembers: boolean;
  readonly includeRedundantMembers: boolean;
  readonly unreadThreadNotifications: boolean;
  /** Only events to which one of these users, or an event of one of these relation types, is related (MSC3440). */
  readonly relatedBySenders: ReadonlySet<string> | undefined;
  readonly relatedByRelTypes: ReadonlySet<string> | undefined;
}

export type TypeTest = (type: string) => boolean;

/** What of an event a filter looks at. Ephemeral events and account data have no sender, and some have no room. */
export interface FilterableEvent {
  readonly type: string;
  readonly sender?: string | undefined;
  readonly content?: JsonObject | undefined;
}

export const maxFilterLimit = 1000;
/** Of entries with `*` in one list of types: each of them is compared with every event. */
export const maxWildcardTypes = 64;

/**
 * Whether an event passes. `rooms` and `not_rooms` count only when the room's id is given; when all events are of one
 * room, ask `matchesRoom` once instead. `relatedBy...` needs the event graph and is the reader's to apply.
 */
export function matchesEventFilter(
  filter: EventFilter | RoomEventFilter,
  event: FilterableEvent,
  roomId?: string,
): boolean {
  if (filter.matchesAll) return true;
  if (filter.types !== undefined && !filter.types(event.type)) return false;
  if (filter.notTypes?.(event.type)) return false;
  if (filter.senders !== undefined && (event.sender === undefined || !filter.senders.has(event.sender))) return false;
  if (filter.notSenders !== undefined && event.sender !== undefined && filter.notSenders.has(event.sender))
    return false;
  if (!('rooms' in filter)) return true;
  if (filter.containsUrl !== undefined && filter.containsUrl !== hasUrl(event)) return false;
  return roomId === undefined || matchesRoom(filter, roomId);
}

/** Whether a room passes `rooms` and `not_rooms`. */
export function matchesRoom(filter: Pick<RoomEventFilter, 'rooms' | 'notRooms'>, roomId: string): boolean {
  return (filter.rooms === undefined || filter.rooms.has(roomId)) && !filter.notRooms?.has(roomId);
}

export function compileEventFilter(json: FilterReader): EventFilter {
  const types = compileTypes(json, 'types');
  const notTypes = compileTypes(json, 'not_types');
  const senders = readSet(json, 'senders', '@');
  const notSenders = readSet(json, 'not_senders', '@');
  const matchesAll = !types && !notTypes && !senders && !notSenders;
  return { limit: readLimit(json), matchesAll, types, notTypes, senders, notSenders };
}

export function compileRoomEventFilter(json: FilterReader): RoomEventFilter {
  const base = compileEventFilter(json);
  const rooms = readSet(json, 'rooms', '!');
  const notRooms = readSet(json, 'not_rooms', '!');
  const containsUrl = json.flag('contains_url');
  return {
    ...base,
    matchesAll: base.matchesAll && !rooms && !notRooms && containsUrl === undefined,
    rooms,
    notRooms,
    containsUrl,
    lazyLoadMembers: json.flag('lazy_load_members') ?? false,
    includeRedundantMembers: json.flag('include_redundant_members') ?? false,
    unreadThreadNotifications: json.flag('unread_thread_notifications') ?? false,
    relatedBySenders: readSet(json, 'related_by_senders', '@'),
    relatedByRelTypes: readSet(json, 'related_by_rel_types'),
  };
}

export function readSet(json: FilterReader, name: string, sigil?: string): ReadonlySet<string> | undefined {
  const list = json.list(name, sigil === undefined ? {} : { sigil });
  return list && new Set(list);
}

/** Zero is not allowed, but clients that want as little as possible send it, and they get the least there is. */
function readLimit(json: FilterReader): number | undefined {
  const limit = json.integer('limit');
  if (limit === undefined) return undefined;
  if (limit < 0) throw fault('M_BAD_JSON', 'limit must be an integer greater than 0');
  return Math.min(limit, maxFilterLimit);
}

/** In types, `*` stands for any characters and nothing else is special; case matters. */
function compileTypes(json: FilterReader, name: string): TypeTest | undefined {
  const list = json.list(name);
  if (list === undefined) return undefined;
  const exact = new Set(list.filter((type) => !type.includes('*')));
  const wildcards = list.filter((type) => type.includes('*'));
  if (wildcards.length > maxWildcardTypes) {
    throw fault('M_INVALID_PARAM', `${name} may have at most ${maxWildcardTypes} entries with *`);
  }
  const globs = wildcards.map((type) => compileGlob(type, { wildcards: '*' }));
  return (type) => exact.has(type) || globs.some((glob) => glob(type));
}

function hasUrl(event: FilterableEvent): boolean {
  return event.content !== undefined && Object.hasOwn(event.content, 'url');
}
