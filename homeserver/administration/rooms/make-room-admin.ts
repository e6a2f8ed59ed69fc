import { parsePowerLevels, userPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import { roomCreators } from '@holdfast/protocol/authorization/room-creators.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { changeMembership } from '../../rooms/change-membership.ts';
import { setRoomState } from '../../rooms/set-room-state.ts';
import { rulesOfRoom } from '../../storage/names/room-names.ts';
import { readMemberships } from '../../storage/rooms/read-memberships.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { requireRoom } from './describe-room.ts';

/**
 * Gives a user the highest power that a user of this server has in a room, in that user's name, and invites the user
 * where need be. Throws M_NOT_FOUND (room), M_INVALID_PARAM where nobody of this server may change the power levels.
 */
export async function makeRoomAdmin(context: Context, roomId: string, userId: string): Promise<void> {
  const room = await requireRoom(context, roomId);
  const rules = rulesOfRoom(room);
  const [create, stored] = await Promise.all([
    readStateEvent(context, room, 'm.room.create', ''),
    readStateEvent(context, room, 'm.room.power_levels', ''),
  ]);
  const content = stored?.pdu.content ?? {};
  const users = isJsonObject(content['users']) ? content['users'] : {};
  const creators = create ? roomCreators(rules, create) : [];
  const candidates = [...new Set([...Object.keys(users), ...creators])].filter((each) =>
    each.endsWith(`:${context.serverName}`),
  );
  const levels = parsePowerLevels(rules, stored);
  const powerOf = (each: string) => userPowerLevel(rules, levels, create, each);
  const [strongest] = (await keepJoined(context, roomId, candidates)).sort((a, b) => powerOf(b) - powerOf(a));
  if (strongest === undefined) {
    throw new MatrixError('M_INVALID_PARAM', 'Nobody of this server has power in this room');
  }
  if ((await readMemberships(context, userId, [roomId])).get(roomId) !== 'join') {
    await changeMembership(context, { roomId, action: 'invite', sender: strongest, target: userId });
  }
  if (powerOf(userId) >= powerOf(strongest)) return;
  // Creators of the newest versions stand above all levels that can be written down.
  const level = Math.min(powerOf(strongest), 100);
  await setRoomState(context, {
    ...{ roomId, userId: strongest, type: 'm.room.power_levels', stateKey: '' },
    content: { ...content, users: { ...users, [userId]: level } },
  });
}

async function keepJoined(context: Context, roomId: string, userIds: readonly string[]): Promise<string[]> {
  const memberships = await Promise.all(userIds.map((each) => readMemberships(context, each, [roomId])));
  return userIds.filter((_, index) => memberships[index]?.get(roomId) === 'join');
}
