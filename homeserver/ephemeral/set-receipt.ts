import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readReceiptPosition } from '../storage/ephemeral/read-receipts.ts';
import type { ReceiptType } from '../storage/ephemeral/receipt-types.ts';
import { putReceipt } from '../storage/ephemeral/write-receipts.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readStateEvent } from '../storage/rooms/read-state.ts';
import { readThreadOf } from './read-thread-of.ts';

export interface NewReceipt {
  readonly type: ReceiptType;
  readonly eventId: string;
  /** `main`, or the event id of a thread's root; absent: not threaded. */
  readonly threadId?: string;
}

interface SetReceiptInput extends NewReceipt {
  readonly roomId: string;
  readonly userId: string;
  readonly timestampMs: number;
}

/**
 * Moves one of a user's receipts forward, and with it what is unread. A receipt that is farther already stays: then
 * nothing is written and nobody is told.
 */
export const setReceiptCommand: Command<SetReceiptInput, null> = {
  name: 'set-receipt',
  key: ({ roomId, userId }) => `receipts ${roomId} ${userId}`,
  releases: 'committed',
  async decide(shard, input) {
    const { roomId, userId, type, eventId, threadId = '', timestampMs } = input;
    const { context } = shard;
    const room = await findRoom(context, roomId);
    const [event, member] = room
      ? await Promise.all([readEventById(context, eventId), readStateEvent(context, room, 'm.room.member', userId)])
      : [];
    if (!room || member?.pdu.content['membership'] !== 'join')
      throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
    if (!event || event.roomNumber !== room.id) throw new MatrixError('M_NOT_FOUND', 'This event is not in the room');
    const thread = threadId === '' ? null : await checkThread(context, room, event, threadId);
    const userNumber = (await internNames(context, [userId])).get(userId) ?? 0;
    const before = await readReceiptPosition(context, { room: room.id, member: userNumber, type, threadId });
    if (before !== undefined && before >= event.position) return { result: null };
    const committed = shard.append(1, (position) => ({
      entries: [
        {
          kind: 'receipt',
          body: { roomId, userId, receiptType: type, eventId, timestampMs, ...(threadId !== '' && { threadId }) },
        },
      ],
      writes: [
        putReceipt({
          room: room.id,
          member: userNumber,
          type,
          threadId,
          shard: shard.id,
          position,
          eventId,
          eventPosition: event.position,
          thread,
          sentAtMs: timestampMs,
        }),
      ],
    }));
    return { result: null, committed };
  },
};

/**
 * Stores what a user has read. Throws M_FORBIDDEN for who is not joined, M_NOT_FOUND for an event that is not in the
 * room, and M_INVALID_PARAM for a thread that the event is not part of.
 * https://spec.matrix.org/v1.19/client-server-api/#receipts
 */
export async function setReceipt(
  context: Context,
  place: { readonly roomId: string; readonly userId: string },
  receipt: NewReceipt,
): Promise<void> {
  const room = await findRoom(context, place.roomId);
  if (!room) throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  const input = { ...place, ...receipt, timestampMs: context.clock.wallMs() };
  await context.shardLog.submit(setReceiptCommand, room.shard, input);
}

/** Position of the thread's root; null for the main timeline. */
async function checkThread(
  context: Context,
  room: RoomName,
  event: StoredEvent,
  threadId: string,
): Promise<number | null> {
  const thread = await readThreadOf(context, room, event);
  if (threadId === 'main') {
    if (thread === null) return null;
    throw notRelated();
  }
  // A thread's root is in the main timeline, and still a place up to which the thread can be read.
  if (event.eventId === threadId && thread === null) return event.position;
  const root = await readEventById(context, threadId);
  if (!root || root.roomNumber !== room.id || root.position !== thread) throw notRelated();
  return root.position;
}

function notRelated(): MatrixError {
  return new MatrixError('M_INVALID_PARAM', 'The event is not part of this thread');
}
