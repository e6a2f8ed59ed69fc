import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isRoomAlias } from '@holdfast/protocol/identifiers/room-alias.ts';
import type { Context } from '../../platform/context.ts';
import { readAliases } from '../../storage/directory/read-aliases.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { findRoomReader } from '../room-reader.ts';

const maxNewAliases = 1_000;

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
  const known = await readAliases(context, added as string[]);
  for (const alias of added as string[]) {
    if (known.get(alias)?.roomId !== roomId) {
      throw new MatrixError('M_BAD_ALIAS', `The alias ${alias} does not point to this room`);
    }
  }
}

/** What stands where aliases should: null and the empty string mean that there is none. */
export function listAliases({ alias, alt_aliases: alternatives }: JsonObject): (JsonValue | undefined)[] {
  const listed = alternatives === undefined ? [] : Array.isArray(alternatives) ? alternatives : [alternatives];
  return [...(alias === undefined || alias === null || alias === '' ? [] : [alias]), ...listed];
}
