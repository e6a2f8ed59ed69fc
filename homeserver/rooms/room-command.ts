import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command, Decision, OwnedShard } from '../platform/shard-log/command.ts';
import { shardOfRoom } from '../storage/names/shard-of.ts';
import { textHash } from '../storage/rooms/text-hash.ts';
import { type HotRoom, membershipIn } from './hot-room.ts';
import { hotRooms } from './hot-rooms.ts';
import { recentTransactions } from './recent-transactions.ts';

/** Input of every command that adds events to one room. */
export interface RoomCommandInput {
  readonly roomId: string;
  /** Names the request in full: its repetition gives the same event. */
  readonly identity: string;
}

/** What a command that adds an event tells: the event's id. */
export interface EventResult {
  readonly eventId: string;
}

/**
 * A command on one hot room. The room's next command starts as soon as this one has appended, so that many of them
 * share a commit. A request that was answered before is answered again with the same event.
 */
export function roomCommand<Input extends RoomCommandInput>(
  name: string,
  decide: (shard: OwnedShard, room: HotRoom, input: Input, identityHash: number) => Promise<Decision<EventResult>>,
  prepare?: (shard: OwnedShard, room: HotRoom, input: Input) => Promise<unknown>,
): Command<Input, EventResult> {
  return {
    name,
    key: (input) => input.roomId,
    releases: 'decided',
    async prepare(shard, input) {
      const room = prepare && shard.remember(hotRooms).peek(input.roomId);
      if (room) await prepare(shard, room, input);
    },
    async decide(shard, input) {
      const identityHash = textHash(input.identity);
      // Side by side: the first command of a shard's new owner waits for both.
      const [earlier, room] = await Promise.all([
        shard.remember(recentTransactions).find(identityHash),
        shard.remember(hotRooms).load(input.roomId),
      ]);
      if (earlier) return { result: { eventId: earlier.eventId }, committed: earlier.committed };
      if (!room) throw notInRoom();
      return await decide(shard, room, input, identityHash);
    },
  };
}

/** Runs a room command where the room's shard is owned. */
export async function submitToRoom<Input extends RoomCommandInput>(
  context: Context,
  command: Command<Input, EventResult>,
  input: Input,
): Promise<EventResult> {
  return await context.shardLog.submit(command, await shardOfRoom(context, input.roomId), input);
}

/** What is told to somebody outside of a room, whether it exists or not. */
export function notInRoom(): MatrixError {
  return new MatrixError('M_FORBIDDEN', 'You are not in this room, or it does not exist');
}

/** Throws M_FORBIDDEN unless the user, whose member event must be loaded, is joined. */
export function checkJoined(room: HotRoom, userId: string): void {
  if (membershipIn(room.get('m.room.member', userId)?.pdu) !== 'join') throw notInRoom();
}
