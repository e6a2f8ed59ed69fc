import { type LocalpartAndDomain, parseLocalpartAndDomain } from './localpart-and-domain.ts';

/**
 * The localpart and server name of a room alias, or undefined for anything that is no room alias.
 * https://spec.matrix.org/v1.19/appendices/#room-aliases
 */
export function parseRoomAlias(text: string): LocalpartAndDomain | undefined {
  return parseLocalpartAndDomain('#', text);
}

export function isRoomAlias(text: string): boolean {
  return parseRoomAlias(text) !== undefined;
}
