import { joinRuleOf } from '@holdfast/protocol/authorization/auth-state.ts';
import { parsePowerLevels } from '@holdfast/protocol/authorization/power-levels.ts';
import { roomCreators } from '@holdfast/protocol/authorization/room-creators.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readLocalMembers } from '../storage/rooms/read-local-members.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { type HotRoom, membershipIn } from './hot-room.ts';
import { isServerInRoom } from './joined-servers.ts';
import { loadMembers } from './load-hot-room.ts';
import { powerLevelIn } from './power-level-in.ts';

/** Whether a user, whose member event must be loaded, can only join on somebody's authority. */
export function isRestrictedFor(room: HotRoom, userId: string): boolean {
  const joinRule = joinRuleOf(room);
  const isRestricted =
    (joinRule === 'restricted' && room.rules.restrictedJoins) ||
    (joinRule === 'knock_restricted' && room.rules.knockRestricted);
  const membership = membershipIn(room.get('m.room.member', userId)?.pdu);
  return isRestricted && membership !== 'invite' && membership !== 'join';
}

/**
 * A local user on whose authority `userId` may join a restricted room, or undefined when no condition is met (then
 * the authorisation rules decide). Throws M_UNABLE_TO_GRANT_JOIN when a condition is met and nobody here may invite,
 * M_UNABLE_TO_AUTHORISE_JOIN when none is met but one is about a room that only other servers know.
 * https://spec.matrix.org/v1.19/client-server-api/#restricted-rooms
 */
export async function findAuthorisingUser(
  context: Context,
  room: HotRoom,
  userId: string,
): Promise<string | undefined> {
  const conditions = await checkConditions(context, room.get('m.room.join_rules', '')?.pdu.content['allow'], userId);
  if (conditions === 'unknown') {
    const message = 'This server knows too little to say whether you may join: ask another one';
    throw new MatrixError('M_UNABLE_TO_AUTHORISE_JOIN', message);
  }
  if (conditions !== 'met') return undefined;
  const { invite } = parsePowerLevels(room.rules, room.get('m.room.power_levels', ''));
  for (const candidate of await candidates(context, room, invite)) {
    await loadMembers(context, room, [candidate]);
    const joined = membershipIn(room.get('m.room.member', candidate)?.pdu) === 'join';
    if (joined && powerLevelIn(room, candidate) >= invite) return candidate;
  }
  throw new MatrixError('M_UNABLE_TO_GRANT_JOIN', 'Nobody on this server may let you in');
}

async function checkConditions(
  context: Context,
  allow: JsonValue | undefined,
  userId: string,
): Promise<'met' | 'unmet' | 'unknown'> {
  if (!Array.isArray(allow)) return 'unmet';
  let isUnknown = false;
  for (const condition of allow) {
    if (typeof condition !== 'object' || condition === null || Array.isArray(condition)) continue;
    const roomId = condition['room_id'];
    if (condition['type'] !== 'm.room_membership' || typeof roomId !== 'string') continue;
    if (!(await isServerInRoom(context, roomId))) isUnknown = true;
    else if (await isJoined(context, roomId, userId)) return 'met';
  }
  return isUnknown ? 'unknown' : 'unmet';
}

async function isJoined(context: Context, roomId: string, userId: string): Promise<boolean> {
  const room = await findRoom(context, roomId);
  if (!room) return false;
  const [member] = await readState(context, room, { keys: [['m.room.member', userId]] });
  return membershipIn(member?.pdu) === 'join';
}

/** Those with a level of their own first: creators and the users of the power levels; else any joined local user. */
async function candidates(context: Context, room: HotRoom, invite: number): Promise<string[]> {
  const powerLevels = parsePowerLevels(room.rules, room.get('m.room.power_levels', ''));
  const create = room.get('m.room.create', '');
  const named = [...(create ? roomCreators(room.rules, create) : []), ...powerLevels.users.keys()];
  const local = named.filter((userId) => userId.endsWith(`:${context.serverName}`));
  if (powerLevels.usersDefault < invite) return local;
  return [...local, ...(await readLocalMembers(context, room.name, 1))];
}
