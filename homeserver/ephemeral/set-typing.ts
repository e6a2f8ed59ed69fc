import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command, OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { isPartialRoom } from '../storage/rooms/read-partial-rooms.ts';
import { readStateEvent } from '../storage/rooms/read-state.ts';

interface SetTypingInput {
  readonly roomId: string;
  readonly userId: string;
  /** How long the user counts as typing; 0: stopped. */
  readonly timeoutMs: number;
  /** Not by the user: whoever still counts as typing without the owner knowing of it stops. */
  readonly isCheck?: boolean;
}

const shortestTimeoutMs = 1_000;
const longestTimeoutMs = 120_000;
const defaultTimeoutMs = 30_000;
/** Other servers take who is not heard of for a minute to have stopped: a user who goes on is told again after this. */
const tellAgainAfterMs = 30_000;
/** More are not told: no client shows so many names. */
const maxTypingPerRoom = 100;

interface TypingUser {
  /** Stops by itself. */
  readonly timer: { cancel(): void };
  readonly toldAtMs: number;
}

/** Who is typing in the rooms of a shard. Lives in the memory of the shard's owner. */
class TypingUsers {
  readonly #rooms = new Map<string, Map<string, TypingUser>>();

  get(roomId: string, userId: string): TypingUser | undefined {
    return this.#rooms.get(roomId)?.get(userId);
  }

  isFull(roomId: string): boolean {
    return (this.#rooms.get(roomId)?.size ?? 0) >= maxTypingPerRoom;
  }

  start(roomId: string, userId: string, user: TypingUser): void {
    this.stop(roomId, userId);
    const room = this.#rooms.get(roomId) ?? new Map<string, TypingUser>();
    room.set(userId, user);
    this.#rooms.set(roomId, room);
  }

  stop(roomId: string, userId: string): void {
    const room = this.#rooms.get(roomId);
    room?.get(userId)?.timer.cancel();
    room?.delete(userId);
    if (room?.size === 0) this.#rooms.delete(roomId);
  }
}

const typingUsers: ShardMemory<TypingUsers> = { name: 'typing-users', create: () => new TypingUsers() };

/**
 * Starts or stops typing. Told when it changes: a client that repeats that its user types moves the end, which the owner
 * of the room watches over, and is told again only now and then, for other servers.
 */
export const setTypingCommand: Command<SetTypingInput, null> = {
  name: 'set-typing',
  key: ({ roomId, userId }) => `typing ${roomId} ${userId}`,
  releases: 'decided',
  async decide(shard, input) {
    const { roomId, userId, timeoutMs, isCheck } = input;
    const users = shard.remember(typingUsers);
    const before = users.get(roomId, userId);
    if (isCheck && before) return { result: null };
    if (!isCheck && !before) await checkJoined(shard.context, roomId, userId);
    if (timeoutMs === 0) {
      users.stop(roomId, userId);
      return before || isCheck ? { result: null, committed: tell(shard, input) } : { result: null };
    }
    if (!before && users.isFull(roomId)) return { result: null };
    const nowMs = shard.context.clock.monotonicMs();
    const isTold = before !== undefined && !isToldAgain(shard.context, userId, nowMs - before.toldAtMs);
    const toldAtMs = isTold ? before.toldAtMs : nowMs;
    users.start(roomId, userId, { timer: stopLater(shard, input), toldAtMs });
    return isTold ? { result: null } : { result: null, committed: tell(shard, input) };
  },
};

function isToldAgain({ serverName }: Context, userId: string, sinceToldMs: number): boolean {
  return sinceToldMs >= tellAgainAfterMs && isUserOfServer(userId, serverName);
}

function tell(shard: OwnedShard, { roomId, userId, timeoutMs }: SetTypingInput): Promise<void> {
  return shard.append(1, () => ({
    entries: [{ kind: 'typing', body: { roomId, userId, typing: timeoutMs > 0, timeoutMs } }],
    writes: [],
  }));
}

function stopLater(shard: OwnedShard, { roomId, userId, timeoutMs }: SetTypingInput): { cancel(): void } {
  const { context, id } = shard;
  return context.clock.startTimer(timeoutMs, () => {
    shard.remember(typingUsers).stop(roomId, userId);
    // A check, because the shard may have another owner by now.
    context.shardLog
      .submit(setTypingCommand, id, { roomId, userId, timeoutMs: 0, isCheck: true })
      .catch((error: unknown) => context.log.debug({ err: error }, 'the end of typing could not be told'));
  });
}

async function checkJoined(context: Context, roomId: string, userId: string): Promise<void> {
  const room = await findRoom(context, roomId);
  const member = room && (await readStateEvent(context, room, 'm.room.member', userId));
  // Of a room that was joined a short while ago, most members are not known yet.
  const mayBeMember = room && !member && (await isPartialRoom(context, room.id));
  if (!mayBeMember && member?.pdu.content['membership'] !== 'join')
    throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
}

/**
 * Says that a user types for some time, or has stopped. Throws M_FORBIDDEN for who is not joined.
 * https://spec.matrix.org/v1.19/client-server-api/#typing-notifications
 */
export async function setTyping(
  context: Context,
  place: { readonly roomId: string; readonly userId: string },
  typing: { readonly typing: boolean; readonly timeoutMs?: number },
): Promise<void> {
  const room = await findRoom(context, place.roomId);
  if (!room) throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  const wantedMs = typing.timeoutMs ?? defaultTimeoutMs;
  const timeoutMs = typing.typing ? Math.min(Math.max(wantedMs, shortestTimeoutMs), longestTimeoutMs) : 0;
  await context.shardLog.submit(setTypingCommand, room.shard, { ...place, timeoutMs });
}

/** Makes sure that somebody who counts as typing still is: the owner that knew may have died. */
export async function checkTyping(context: Context, roomId: string, userId: string): Promise<void> {
  const room = await findRoom(context, roomId);
  if (!room) return;
  await context.shardLog.submit(setTypingCommand, room.shard, { roomId, userId, timeoutMs: 0, isCheck: true });
}
