import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { isPartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { type AskedInTurn, askInTurn } from './ask-in-turn.ts';
import { countersignedJoin } from './countersigned-join.ts';
import { makeMembership } from './make-membership.ts';
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
 * Joins a local user to a room that this server is in through one of the servers. Returns the join's event id. Throws as
 * joinRemoteRoom does.
 */
export async function joinThrough(context: Context, servers: readonly string[], join: LocalJoin): Promise<string> {
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
      const room = await findRoom(context, join.roomId);
      if (room && (await isPartialRoom(context, room.id))) {
        for await (const batch of sent.events.batches()) await storeOutliers(context, made.rules, join.roomId, batch);
      }
    } finally {
      sent.events.close();
    }
    return await countersignedJoin(context, server, made, sent.event);
  });
}
