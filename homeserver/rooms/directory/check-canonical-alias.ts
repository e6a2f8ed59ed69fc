import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isRoomAlias, parseRoomAlias } from '@holdfast/protocol/identifiers/room-alias.ts';
import type { Context } from '../../platform/context.ts';
import { readAliases } from '../../storage/directory/read-aliases.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { findRoomReader } from '../room-reader.ts';
import { resolveAlias } from './resolve-alias.ts';

const maxNewAliases = 1_000;
/** Each is asked for at its server. */
const maxNewRemoteAliases = 20;

/**
 * Aliases that an m.room.canonical_alias event adds must be well-formed and lead to the room. Those that it already
 * has are not looked at. Throws M_INVALID_PARAM, M_BAD_ALIAS, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/client-server-api/#mroomcanonical_alias
 */
export async function checkCanonicalAlias(
  context: Context,
  roomId: string,
  userId: string,
  content: JsonObject,
): Promise<void> {
  const { room } = await findRoomReader(context, roomId, userId);
  const current = await readStateEvent(context, room, 'm.room.canonical_alias', '');
  const before = new Set(listAliases(current?.pdu.content ?? {}));
  const added = listAliases(content).filter((alias) => !before.has(alias));
  if (added.length > maxNewAliases) throw new MatrixError('M_INVALID_PARAM', 'Too many aliases at once');
  for (const alias of added) {
    if (typeof alias !== 'string' || !isRoomAlias(alias)) {
      throw new MatrixError('M_INVALID_PARAM', 'The canonical alias event holds what is no room alias');
    }
  }
  const aliases = added as string[];
  const own = aliases.filter((alias) => parseRoomAlias(alias)?.serverName === context.serverName);
  const others = aliases.filter((alias) => !own.includes(alias));
  if (others.length > maxNewRemoteAliases) {
    throw new MatrixError('M_INVALID_PARAM', 'Too many aliases of other servers at once');
  }
  const known = await readAliases(context, own);
  for (const alias of own) checkLeadsTo(roomId, alias, known.get(alias)?.roomId);
  await Promise.all(others.map(async (alias) => checkLeadsTo(roomId, alias, await findRoomOf(context, alias))));
}

function checkLeadsTo(roomId: string, alias: string, found: string | undefined): void {
  if (found !== roomId) throw new MatrixError('M_BAD_ALIAS', `The alias ${alias} does not point to this room`);
}

/** undefined: its server does not know it, or does not answer. */
async function findRoomOf(context: Context, alias: string): Promise<string | undefined> {
  try {
    return (await resolveAlias(context, alias)).roomId;
  } catch (error) {
    if (error instanceof MatrixError) return undefined;
    throw error;
  }
}

/** What stands where aliases should: null and the empty string mean that there is none. */
export function listAliases({ alias, alt_aliases: alternatives }: JsonObject): (JsonValue | undefined)[] {
  const listed = alternatives === undefined ? [] : Array.isArray(alternatives) ? alternatives : [alternatives];
  return [...(alias === undefined || alias === null || alias === '' ? [] : [alias]), ...listed];
}
