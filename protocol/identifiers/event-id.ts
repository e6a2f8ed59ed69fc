import { isBase64Hash, isUrlSafeBase64Hash } from './base64-hash.ts';
import { parseLocalpartAndDomain } from './localpart-and-domain.ts';

/**
 * 'server': `$opaque:domain` of room versions 1 and 2; 'hash': the reference hash in standard base64 of version 3;
 * 'hash-url': in URL-safe base64 from version 4 on. A hash without `+`, `/`, `-` and `_` is 'hash-url'.
 */
export type EventIdFormat = 'server' | 'hash' | 'hash-url';

export type EventId =
  | { readonly format: 'server'; readonly opaqueId: string; readonly serverName: string }
  | { readonly format: 'hash' | 'hash-url'; readonly hash: string };

/**
 * The parts of an event id of any room version, or undefined for anything that is no event id.
 * https://spec.matrix.org/v1.19/appendices/#event-ids
 */
export function parseEventId(text: string): EventId | undefined {
  if (!text.startsWith('$')) return undefined;
  const hash = text.slice(1);
  if (isUrlSafeBase64Hash(hash)) return { format: 'hash-url', hash };
  if (isBase64Hash(hash)) return { format: 'hash', hash };
  const parsed = parseLocalpartAndDomain('$', text);
  return parsed && { format: 'server', opaqueId: parsed.localpart, serverName: parsed.serverName };
}

/** True for an event id in the format of a room version (`rules.eventIds`). */
export function isEventIdOfFormat(text: string, format: EventIdFormat): boolean {
  if (!text.startsWith('$')) return false;
  if (format === 'hash-url') return isUrlSafeBase64Hash(text.slice(1));
  if (format === 'hash') return isBase64Hash(text.slice(1));
  return parseLocalpartAndDomain('$', text) !== undefined;
}
