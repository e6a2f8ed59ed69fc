import { isWithinIdentifierLimit } from './identifier-text.ts';
import { type LocalpartAndDomain, parseLocalpartAndDomain } from './localpart-and-domain.ts';

const allowedLocalpart = /^[a-z0-9._=/+-]+$/;
const compliantLocalpart = /^[\u0021-\u0039\u003b-\u007e]+$/;

/**
 * The localpart and server name of a user id, or undefined for anything that is no user id.
 * Takes historical ids too: any localpart without `:` and NUL, even an empty one.
 * https://spec.matrix.org/v1.19/appendices/#historical-user-ids
 */
export function parseUserId(text: string): LocalpartAndDomain | undefined {
  return parseLocalpartAndDomain('@', text);
}

export function isUserId(text: string): boolean {
  return parseUserId(text) !== undefined;
}

/**
 * True for a localpart that a new user of this server may have.
 * https://spec.matrix.org/v1.19/appendices/#user-identifiers
 */
export function isAllowedLocalpart(localpart: string): boolean {
  return allowedLocalpart.test(localpart);
}

/**
 * True for a user id that may be shown to clients outside of events: its localpart is not empty and all printable
 * ASCII. https://spec.matrix.org/v1.19/appendices/#historical-user-ids
 */
export function isCompliantUserId(text: string): boolean {
  const parsed = parseUserId(text);
  return parsed !== undefined && compliantLocalpart.test(parsed.localpart);
}

/** The user id of a new user, or undefined where the localpart is not allowed or the id would be longer than 255 bytes. */
export function makeUserId(localpart: string, serverName: string): string | undefined {
  const userId = `@${localpart}:${serverName}`;
  return isAllowedLocalpart(localpart) && isWithinIdentifierLimit(userId) ? userId : undefined;
}
