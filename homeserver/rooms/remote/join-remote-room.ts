import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { KeyedQueue } from '../../platform/shard-log/keyed-queue.ts';
import { enterRoom } from '../enter-room.ts';
import { isServerInRoom } from '../joined-servers.ts';
import { askInTurn } from './ask-in-turn.ts';
import { countersignedJoin } from './countersigned-join.ts';
import { whileJoining } from './join-in-progress.ts';
import { type MadeMembership, makeMembership } from './make-membership.ts';
import { receiveOwnJoin } from './receive-own-join.ts';
import { type SentJoin, sendJoin } from './send-join.ts';
import { storeRoomState } from './store-room-state.ts';

export interface RemoteJoin {
  readonly roomId: string;
  /** Local. */
  readonly userId: string;
  readonly content: JsonObject;
  /** Those that the client named come first. */
  readonly servers: readonly string[];
  /** How many those are. */
  readonly named: number;
}

const limits = { timeoutMs: 100_000, timeoutEachMs: 60_000 };
const makeTimeoutMs = 20_000;

/** Of one process: joins of the same room wait for each other, since the first one makes the others easy. */
const roomQueues = new WeakMap<object, KeyedQueue>();

function roomQueueOf(context: Context): KeyedQueue {
  let queue = roomQueues.get(context.database);
  if (!queue) roomQueues.set(context.database, (queue = new KeyedQueue()));
  return queue;
}

/**
 * Joins a local user to a room on other servers, with the help of one that is in it, and stores the room. Returns the
 * join's event id; undefined: another join has brought this server into the room meanwhile, and this one has not begun.
 * Throws M_NOT_FOUND, M_FORBIDDEN, M_INCOMPATIBLE_ROOM_VERSION, M_UNABLE_TO_AUTHORISE_JOIN, M_UNABLE_TO_GRANT_JOIN,
 * M_CONNECTION_FAILED, M_CONNECTION_TIMEOUT.
 * https://spec.matrix.org/v1.19/server-server-api/#joining-rooms
 */
export async function joinRemoteRoom(context: Context, join: RemoteJoin): Promise<string | undefined> {
  const release = await roomQueueOf(context).acquire(join.roomId);
  try {
    if (await isServerInRoom(context, join.roomId)) return undefined;
    const { servers, named } = join;
    const { answer } = await askInTurn(context, servers, { ...limits, named }, (server, timeoutMs) =>
      joinVia(context, join, server, timeoutMs),
    );
    return answer;
  } finally {
    release();
  }
}

async function joinVia(context: Context, join: RemoteJoin, server: string, timeoutMs: number): Promise<string> {
  const endMs = context.clock.monotonicMs() + timeoutMs;
  const wish = { ...join, membership: 'join' } as const;
  const made = await makeMembership(context, server, wish, Math.min(timeoutMs, makeTimeoutMs));
  return await whileJoining(context, join.roomId, made.version, async () => {
    const sent = await sendJoin(context, server, join.roomId, made, endMs - context.clock.monotonicMs());
    await settleIn(context, join, server, made, sent);
    return made.event.eventId;
  });
}

/** The join is accepted over there: from here on the room has to be stored. */
async function settleIn(
  context: Context,
  { roomId }: RemoteJoin,
  server: string,
  made: MadeMembership,
  sent: SentJoin,
): Promise<void> {
  try {
    const joinEvent = await countersignedJoin(context, server, made, sent.event);
    const { stateEventIds, missing } = await storeRoomState(context, { roomId, server, made, sent });
    const servers = [...new Set([server, ...sent.servers])].slice(0, maxServersTold);
    const partial = sent.membersOmitted ? { servers } : null;
    // Where members are missing, all that is missing is asked for together with them.
    const lacking = !partial && missing.length > 0 ? { servers, missing } : null;
    const { outcome, reason } = await enterRoom(context, { roomId, joinEvent, stateEventIds, partial, lacking });
    if (outcome === 'known') await receiveOwnJoin(context, { roomId, server, joinEvent });
    else if (outcome !== 'accepted') throw new MatrixError('M_FORBIDDEN', reason ?? 'The join is not allowed');
  } finally {
    sent.events.close();
  }
}

const maxServersTold = 1_000;
