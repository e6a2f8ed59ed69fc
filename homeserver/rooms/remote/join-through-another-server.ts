import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readStateEvent } from '../../storage/rooms/read-state.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { type AskedInTurn, askInTurn } from './ask-in-turn.ts';
import { countersignedJoin } from './countersigned-join.ts';
import { makeMembership } from './make-membership.ts';
import { partialRoomsOf } from './partial-rooms.ts';
import { receiveOwnJoin } from './receive-own-join.ts';
import { sendJoin } from './send-join.ts';
import { storeOutliers } from './store-room-state.ts';

export interface LocalJoin {
  readonly roomId: string;
  /** Local. */
  readonly userId: string;
  readonly content: JsonObject;
}

const limits = { timeoutMs: 60_000, timeoutEachMs: 30_000 };

/**
 * Joins a local user to a restricted room that this server is in, on the authority of a user of another server, where
 * none of this server's may let anybody in or the room of the condition is not known here. `refusal` is why: anything
 * else is thrown again. Returns the join's event id.
 * https://spec.matrix.org/v1.19/server-server-api/#restricted-rooms
 */
export async function joinThroughAnotherServer(
  context: Context,
  join: LocalJoin,
  refusal: MatrixError,
): Promise<string> {
  const isUnknown = refusal.errcode === 'M_UNABLE_TO_AUTHORISE_JOIN';
  if (!isUnknown && refusal.errcode !== 'M_UNABLE_TO_GRANT_JOIN') throw refusal;
  const joined = await joinedServersOf(context, join.roomId);
  const servers = [...joined].filter((server) => server !== context.serverName);
  if (servers.length === 0) {
    if (isUnknown) throw new MatrixError('M_FORBIDDEN', 'You are not invited, and in no room whose members may join');
    throw refusal;
  }
  return await joinThrough(context, servers, join);
}

/**
 * Joins a local user to a room of which most members are not known yet: whether the user may, others can tell. Undefined
 * where this server can decide: the room is whole, or the user's membership is known.
 * https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3902-faster-remote-joins.md
 */
export async function joinPartialRoom(context: Context, join: LocalJoin): Promise<string | undefined> {
  if (!partialRoomsOf(context).isPartial(join.roomId)) return undefined;
  const room = await findRoom(context, join.roomId);
  if (!room || (await readStateEvent(context, room, 'm.room.member', join.userId))) return undefined;
  const servers = [...(await joinedServersOf(context, join.roomId))].filter((name) => name !== context.serverName);
  return servers.length === 0 ? undefined : await joinThrough(context, servers, join);
}

async function joinThrough(context: Context, servers: readonly string[], join: LocalJoin): Promise<string> {
  const { server, answer } = await askOthers(context, servers, join);
  const joinEvent = { ...answer, isSentElsewhere: true };
  await receiveOwnJoin(context, { roomId: join.roomId, server, joinEvent });
  return answer.eventId;
}

async function askOthers(
  context: Context,
  servers: readonly string[],
  join: LocalJoin,
): Promise<AskedInTurn<{ readonly eventId: string; readonly pduJson: string }>> {
  return await askInTurn(context, servers, limits, async (server, timeoutMs) => {
    const made = await makeMembership(context, server, { ...join, membership: 'join' }, timeoutMs);
    const sent = await sendJoin(context, server, join.roomId, made, timeoutMs);
    try {
      // Where the state is known here, so is what the join refers to.
      if (partialRoomsOf(context).isPartial(join.roomId)) {
        for await (const batch of sent.events.batches()) await storeOutliers(context, made.rules, join.roomId, batch);
      }
    } finally {
      sent.events.close();
    }
    return await countersignedJoin(context, server, made, sent.event);
  });
}
