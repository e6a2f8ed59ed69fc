import type { JsonValue } from '../events/pdu.ts';
import {
  compileEventFilter,
  compileRoomEventFilter,
  type EventFilter,
  type RoomEventFilter,
  readSet,
} from './event-filter.ts';
import type { FilterProblem } from './filter-problem.ts';
import { FilterFault, readFilterObject } from './filter-reader.ts';
import { compileEventFields, type EventFields } from './project-event-fields.ts';

/**
 * A filter of /sync, compiled. What clients get back from GET /user/{userId}/filter/{filterId} is the JSON they sent;
 * this is the form for reading.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 */
export interface Filter {
  /** For `projectEventFields`; undefined: all fields. */
  readonly eventFields: EventFields | undefined;
  readonly eventFormat: 'client' | 'federation';
  readonly presence: EventFilter;
  readonly accountData: EventFilter;
  readonly room: RoomFilter;
}

export interface RoomFilter {
  /** Both come before the filters below; see `matchesRoom`. */
  readonly rooms: ReadonlySet<string> | undefined;
  readonly notRooms: ReadonlySet<string> | undefined;
  readonly includeLeave: boolean;
  readonly ephemeral: RoomEventFilter;
  readonly state: RoomEventFilter;
  readonly timeline: RoomEventFilter;
  readonly accountData: RoomEventFilter;
}

export type ParsedFilter =
  | { readonly filter: Filter; readonly problem?: undefined }
  | { readonly problem: FilterProblem; readonly filter?: undefined };

export type ParsedRoomEventFilter =
  | { readonly filter: RoomEventFilter; readonly problem?: undefined }
  | { readonly problem: FilterProblem; readonly filter?: undefined };

const maxEventFields = 256;
const maxEventFieldLength = 512;

/**
 * Checks and compiles a sync filter. Unknown members are ignored.
 * Problems: M_BAD_JSON for wrong types and ids of the wrong form, M_INVALID_PARAM for lists out of bounds.
 */
export function parseFilter(json: JsonValue): ParsedFilter {
  return catchFault(() => {
    const reader = readFilterObject(json, '');
    const room = reader.object('room');
    const paths = reader.list('event_fields', { maxEntries: maxEventFields, maxLength: maxEventFieldLength });
    return {
      eventFields: compileEventFields(paths),
      eventFormat: reader.choice('event_format', ['client', 'federation']) ?? 'client',
      presence: compileEventFilter(reader.object('presence')),
      accountData: compileEventFilter(reader.object('account_data')),
      room: {
        rooms: readSet(room, 'rooms', '!'),
        notRooms: readSet(room, 'not_rooms', '!'),
        includeLeave: room.flag('include_leave') ?? false,
        ephemeral: compileRoomEventFilter(room.object('ephemeral')),
        state: compileRoomEventFilter(room.object('state')),
        timeline: compileRoomEventFilter(room.object('timeline')),
        accountData: compileRoomEventFilter(room.object('account_data')),
      },
    };
  });
}

/** Checks and compiles the filter of /messages, /context and other operations on one room. Problems as above. */
export function parseRoomEventFilter(json: JsonValue): ParsedRoomEventFilter {
  return catchFault(() => compileRoomEventFilter(readFilterObject(json, '')));
}

function catchFault<T>(
  compile: () => T,
): { filter: T; problem?: undefined } | { problem: FilterProblem; filter?: undefined } {
  try {
    return { filter: compile() };
  } catch (error) {
    if (error instanceof FilterFault) return { problem: error.problem };
    throw error;
  }
}

/** The filters of a request that brings none. */
export const unfiltered = compileUnfiltered();

function compileUnfiltered(): { readonly sync: Filter; readonly room: RoomEventFilter } {
  const sync = parseFilter({}).filter as Filter;
  return { sync, room: sync.room.timeline };
}
