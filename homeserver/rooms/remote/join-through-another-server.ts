import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { receiveEvents } from '../receive-events.ts';
import { type AskedInTurn, askInTurn } from './ask-in-turn.ts';
import { countersignedJoin } from './countersigned-join.ts';
import { makeMembership } from './make-membership.ts';
import { sendJoin } from './send-join.ts';

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
  const { server, answer } = await askOthers(context, servers, join);
  const [outcome] = await receiveEvents(context, { roomId: join.roomId, origin: server, events: [answer] });
  if (outcome?.outcome === 'rejected' || outcome?.outcome === 'soft-failed') {
    throw new MatrixError('M_FORBIDDEN', outcome.reason ?? 'The room does not allow this');
  }
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
    // The state is known here.
    sent.events.close();
    return await countersignedJoin(context, server, made, sent.event);
  });
}
