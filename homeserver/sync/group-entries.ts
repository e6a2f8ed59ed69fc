import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { StoredReceipt } from '../storage/ephemeral/read-receipts.ts';
import { receiptTypeCodes } from '../storage/ephemeral/receipt-types.ts';
import type { EventLogEntry } from './connected-users.ts';
import type { SyncRun } from './sync-run.ts';

/** What a range of the log has of one room. */
export interface RoomEntries {
  readonly shard: number;
  readonly events: EventLogEntry[];
  /** Those that the user may see. */
  readonly receipts: StoredReceipt[];
  /** The user came, went, was invited or the like; a changed profile is none of it. */
  isMembershipChanged: boolean;
}

export type EntriesByRoom = Map<string, RoomEntries>;

/** Sorts a range of the log by rooms; also rooms that do not concern the user. */
export function groupEntries(run: Pick<SyncRun, 'user'>, entries: readonly LogEntry[]): EntriesByRoom {
  const { userId } = run.user;
  const byRoom: EntriesByRoom = new Map();
  for (const entry of entries) {
    if (entry.kind === 'event') {
      const room = roomOf(byRoom, entry.body.roomId, entry.shard);
      room.events.push(entry);
      if (isMembershipChange(entry, userId)) room.isMembershipChanged = true;
    } else if (entry.kind === 'receipt') {
      const receipt = storedReceiptOf(entry, userId);
      if (receipt) roomOf(byRoom, entry.body.roomId, entry.shard).receipts.push(receipt);
    } else if (entry.kind === 'typing') {
      roomOf(byRoom, entry.body.roomId, entry.shard);
    }
  }
  return byRoom;
}

function roomOf(byRoom: EntriesByRoom, roomId: string, shard: number): RoomEntries {
  let room = byRoom.get(roomId);
  if (!room) {
    room = { shard, events: [], receipts: [], isMembershipChanged: false };
    byRoom.set(roomId, room);
  }
  return room;
}

function isMembershipChange({ body }: EventLogEntry, userId: string): boolean {
  if (body.type !== 'm.room.member' || body.stateKey !== userId) return false;
  return body.content['membership'] !== 'join' || body.replaced?.content['membership'] !== 'join';
}

function storedReceiptOf({ body }: LogEntry & { kind: 'receipt' }, userId: string): StoredReceipt | undefined {
  const { receiptType, eventId, threadId, timestampMs } = body;
  if (receiptType !== 'm.read' && receiptType !== 'm.read.private') return undefined;
  if (receiptType === 'm.read.private' && body.userId !== userId) return undefined;
  const type: keyof typeof receiptTypeCodes = receiptType;
  return { userId: body.userId, type, eventId, ...(threadId !== undefined && { threadId }), sentAtMs: timestampMs };
}
