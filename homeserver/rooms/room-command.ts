import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command, Decision, OwnedShard } from '../platform/shard-log/command.ts';
import { shardOfRoom } from '../storage/names/shard-of.ts';
import { textHash } from '../storage/rooms/text-hash.ts';
import { type HotRoom, membershipIn } from './hot-room.ts';
import { hotRooms } from './hot-rooms.ts';
import { sendSignedEvents } from './policy-servers/send-signed-events.ts';
import type { UnsignedEvents } from './policy-servers/unsigned-events.ts';
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

/** As the room's owner decides it. */
export interface RoomCommandResult extends EventResult {
  /** Nothing is added yet: these have to be signed first. */
  readonly unsigned?: UnsignedEvents;
}

/**
 * A command on one hot room. The room's next command starts as soon as this one has appended, so that many of them
 * share a commit. A request that was answered before is answered again with the same event.
 */
export function roomCommand<Input extends RoomCommandInput>(
  name: string,
  decide: (
    shard: OwnedShard,
    room: HotRoom,
    input: Input,
    identityHash: number,
  ) => Promise<Decision<RoomCommandResult>>,
  prepare?: (shard: OwnedShard, room: HotRoom, input: Input) => Promise<unknown>,
): Command<Input, RoomCommandResult> {
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

/**
 * Runs a room command where the room's shard is owned. In a room with a policy server, the events are added once that has
 * signed them.
 */
export async function submitToRoom<Input extends RoomCommandInput>(
  context: Context,
  command: Command<Input, RoomCommandResult>,
  input: Input,
): Promise<EventResult> {
  const shard = await shardOfRoom(context, input.roomId);
  const { eventId, unsigned } = await context.shardLog.submit(command, shard, input);
  return unsigned ? await sendSignedEvents(context, unsigned) : { eventId };
}

/** What is told to somebody outside of a room, whether it exists or not. */
export function notInRoom(): MatrixError {
  return new MatrixError('M_FORBIDDEN', 'You are not in this room, or it does not exist');
}

/** Throws M_FORBIDDEN unless the user, whose member event must be loaded, is joined. */
export function checkJoined(room: HotRoom, userId: string): void {
  if (membershipIn(room.get('m.room.member', userId)?.pdu) !== 'join') throw notInRoom();
}
