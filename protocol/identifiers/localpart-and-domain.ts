import { isStorableText, isWithinIdentifierLimit } from './identifier-text.ts';
import { isServerName } from './server-name.ts';

export interface LocalpartAndDomain {
  readonly localpart: string;
  readonly serverName: string;
}

/**
 * The parts of `&localpart:domain`, where `&` is the sigil, or undefined where the identifier is longer than
 * 255 bytes, holds NUL or a lone surrogate, or its domain is no server name. The localpart may be empty.
 * https://spec.matrix.org/v1.19/appendices/#common-identifier-format
 */
export function parseLocalpartAndDomain(sigil: string, text: string): LocalpartAndDomain | undefined {
  if (!text.startsWith(sigil) || !isWithinIdentifierLimit(text) || !isStorableText(text)) return undefined;
  // A localpart never holds a colon, but a domain may: in its port and in an IPv6 address.
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  const serverName = text.slice(colon + 1);
  if (!isServerName(serverName)) return undefined;
  return { localpart: text.slice(sigil.length, colon), serverName };
}
