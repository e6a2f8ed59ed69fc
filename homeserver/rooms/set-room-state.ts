import { roomCreators } from '@holdfast/protocol/authorization/room-creators.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import { findRoom, rulesOfRoom } from '../storage/names/room-names.ts';
import { readStateEvent } from '../storage/rooms/read-state.ts';
import { changeMembership } from './change-membership.ts';
import { checkCanonicalAlias } from './directory/check-canonical-alias.ts';
import type { EventResult } from './room-command.ts';
import { sendStateEvent } from './send-event.ts';

export interface SetStateRequest {
  readonly roomId: string;
  readonly userId: string;
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
  /** When it happened; default: now. */
  readonly originServerTs?: number | undefined;
}

/**
 * Sets a state event of any type, with the checks of the operation that is there for the type, and returns its id.
 * Throws M_FORBIDDEN, M_BAD_JSON, M_TOO_LARGE, M_INVALID_PARAM, M_BAD_ALIAS, and what changeMembership throws.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
 */
export async function setRoomState(context: Context, request: SetStateRequest): Promise<EventResult> {
  const { roomId, userId, type, stateKey, content, originServerTs } = request;
  if (type === 'm.room.member') {
    const target = stateKey;
    return await changeMembership(context, { roomId, action: 'put', sender: userId, target, content, originServerTs });
  }
  if (type === 'm.room.create') {
    throw new MatrixError('M_INVALID_PARAM', 'A room has one create event, which it is made with');
  }
  if (type === 'm.room.power_levels' && stateKey === '') await checkCreatorsUnnamed(context, roomId, content);
  if (type === 'm.room.canonical_alias' && stateKey === '') await checkCanonicalAlias(context, roomId, userId, content);
  if (type === 'm.room.encryption' && typeof content['algorithm'] !== 'string') {
    throw new MatrixError('M_BAD_JSON', 'The content of m.room.encryption must name an algorithm');
  }
  return await sendStateEvent(context, request);
}

/** From room version 12 on, creators stand above all levels and have none. Answered here to say what is wrong with it. */
async function checkCreatorsUnnamed(context: Context, roomId: string, content: JsonObject): Promise<void> {
  const room = await findRoom(context, roomId);
  const rules = room && rulesOfRoom(room);
  const { users } = content;
  if (!room || !rules?.privilegedCreators || !isJsonObject(users)) return;
  const create = await readStateEvent(context, room, 'm.room.create', '');
  const named = create && [...roomCreators(rules, create)].find((creator) => Object.hasOwn(users, creator));
  if (named) throw new MatrixError('M_INVALID_PARAM', `users names ${named}, a creator of the room`);
}
