import { isUrlSafeBase64Hash } from './base64-hash.ts';
import { parseLocalpartAndDomain } from './localpart-and-domain.ts';

/** `serverName` is undefined for a room of version 12 or later, whose id is the create event's hash. */
export interface RoomId {
  readonly opaqueId: string;
  readonly serverName: string | undefined;
}

/**
 * The parts of a room id of any room version, or undefined for anything that is no room id.
 * https://spec.matrix.org/v1.19/appendices/#room-ids
 */
export function parseRoomId(text: string): RoomId | undefined {
  if (isCreateHashRoomId(text)) return { opaqueId: text.slice(1), serverName: undefined };
  const parsed = parseLocalpartAndDomain('!', text);
  return parsed && { opaqueId: parsed.localpart, serverName: parsed.serverName };
}

export function isRoomId(text: string): boolean {
  return parseRoomId(text) !== undefined;
}

/** True for a room id without a domain: the create event's id with `!` in place of `$` (version 12). */
export function isCreateHashRoomId(text: string): boolean {
  return text.startsWith('!') && isUrlSafeBase64Hash(text.slice(1));
}

/** The id of the create event whose room id this is. Only for room ids without a domain. */
export function createEventIdOfRoomId(roomId: string): string {
  return `$${roomId.slice(1)}`;
}
