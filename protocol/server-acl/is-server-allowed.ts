import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { compileGlob } from '../globs/compile-glob.ts';
import { parseServerName } from '../identifiers/server-name.ts';

/**
 * Whether a room's server ACL lets a server take part. `content` is that of the current m.room.server_acl event, or
 * undefined where the room has none: then everybody may. Ports and the case of letters do not count.
 * https://spec.matrix.org/v1.19/client-server-api/#server-access-control-lists-acls-for-rooms
 */
export function isServerAllowedByAcl(content: JsonObject | undefined, serverName: string): boolean {
  if (content === undefined) return true;
  const parsed = parseServerName(serverName);
  if (parsed === undefined) return false;
  if (parsed.kind !== 'dns' && content['allow_ip_literals'] === false) return false;
  const hostname = parsed.hostname.toLowerCase();
  if (matchesAny(content['deny'], hostname)) return false;
  return matchesAny(content['allow'], hostname);
}

function matchesAny(patterns: JsonValue | undefined, hostname: string): boolean {
  if (!Array.isArray(patterns)) return false;
  return patterns.some((pattern) => typeof pattern === 'string' && compileGlob(pattern.toLowerCase())(hostname));
}
