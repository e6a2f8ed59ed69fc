import { requiredPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { readAlias, readAliasesOfRoom } from '../../storage/directory/read-aliases.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { membershipIn } from '../hot-room.ts';
import { readPowers } from '../read-powers.ts';
import { findRoomReader } from '../room-reader.ts';
import { sendStateEvent } from '../send-event.ts';
import { checkLocalAlias, claimAlias, releaseAlias } from './claim-alias.ts';
import { aliasNotFound } from './resolve-alias.ts';

/**
 * Makes an alias lead to a room that the user is in. Throws M_INVALID_PARAM, M_FORBIDDEN; M_UNKNOWN with status 409
 * when the alias exists.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directoryroomroomalias
 */
export async function setRoomAlias(context: Context, userId: string, alias: string, roomId: string): Promise<void> {
  checkLocalAlias(context, alias);
  const room = await findRoom(context, roomId);
  const member = room && (await readStateEvent(context, room, 'm.room.member', userId));
  if (membershipIn(member?.pdu) !== 'join') {
    throw new MatrixError('M_FORBIDDEN', 'You are not in this room, or it does not exist');
  }
  if (!(await claimAlias(context, { alias, roomId, creator: userId }))) {
    throw new MatrixError('M_UNKNOWN', `Room alias ${alias} already exists`, { status: 409 });
  }
}

/**
 * Removes an alias: its creator's, anybody's who may set the canonical alias of its room, and any for administrators.
 * The room's canonical alias event forgets it too where the user may change that. Throws M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3directoryroomroomalias
 */
export async function deleteRoomAlias(
  context: Context,
  user: { readonly userId: string; readonly isAdmin: boolean },
  alias: string,
): Promise<void> {
  const row = await readAlias(context, alias);
  if (!row) throw aliasNotFound(alias);
  const { roomId } = row;
  if (row.creator !== user.userId && !user.isAdmin && !(await maySetCanonicalAlias(context, roomId, user.userId))) {
    throw new MatrixError('M_FORBIDDEN', 'Only its creator or a moderator of the room may remove this alias');
  }
  await releaseAlias(context, alias, roomId);
  await removeFromCanonicalAlias(context, roomId, user.userId, alias);
}

async function maySetCanonicalAlias(context: Context, roomId: string, userId: string): Promise<boolean> {
  const powers = await readPowers(context, roomId, userId);
  if (powers?.membership !== 'join') return false;
  return powers.level >= requiredPowerLevel(powers.powerLevels, 'm.room.canonical_alias', true);
}

async function removeFromCanonicalAlias(
  context: Context,
  roomId: string,
  userId: string,
  alias: string,
): Promise<void> {
  const room = await findRoom(context, roomId);
  const current = room && (await readStateEvent(context, room, 'm.room.canonical_alias', ''));
  if (!current) return;
  const content: JsonObject = { ...current.pdu.content };
  const { alias: canonical, alt_aliases: alternatives } = content;
  const listed = Array.isArray(alternatives) && alternatives.includes(alias);
  if (canonical !== alias && !listed) return;
  if (canonical === alias) delete content['alias'];
  if (listed) content['alt_aliases'] = alternatives.filter((other) => other !== alias);
  try {
    await sendStateEvent(context, { roomId, userId, type: 'm.room.canonical_alias', stateKey: '', content });
  } catch (error) {
    // The alias is gone either way; the event is only what the room says of it.
    if (!(error instanceof MatrixError) || error.errcode !== 'M_FORBIDDEN') throw error;
  }
}

/** This server's aliases of a room, for those who may read the room. Throws M_FORBIDDEN. */
export async function listRoomAliases(context: Context, userId: string, roomId: string): Promise<string[]> {
  const { room, membership, isWorldReadable } = await findRoomReader(context, roomId, userId);
  if (membership !== 'join' && !isWorldReadable) throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  return await readAliasesOfRoom(context, room.roomId);
}
