import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isStorableText } from '@holdfast/protocol/identifiers/identifier-text.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import { isServerInRoom } from '../rooms/joined-servers.ts';
import { isServerAllowedInRoom } from '../rooms/server-acls.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import {
  readEventPlaces,
  readFormerMembers,
  readJoinedMembers,
  readReceiptTimes,
} from '../storage/ephemeral/read-receipt-places.ts';
import { putReceipt } from '../storage/ephemeral/write-receipts.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { isPartialRoom } from '../storage/rooms/read-partial-rooms.ts';

/** What another server says that one of its users has read. */
interface RemoteReceipt {
  readonly userId: string;
  readonly eventId: string;
  /** '' for one that is not threaded. */
  readonly threadId: string;
  readonly timestampMs: number;
}

interface ReceiveReceiptsInput {
  readonly roomId: string;
  readonly receipts: readonly RemoteReceipt[];
}

const maxRooms = 1_000;
const maxReceipts = 1_000;
const maxIdLength = 255;

/**
 * Stores receipts of other servers' users of one room. Their own servers know the order of what they have read: of two
 * receipts the one that was sent later counts, also for an event that has not come here yet.
 */
export const receiveReceiptsCommand: Command<ReceiveReceiptsInput, null> = {
  name: 'receive-receipts',
  key: ({ roomId }) => `remote receipts ${roomId}`,
  releases: 'committed',
  async decide(shard, { roomId, receipts }) {
    const { context } = shard;
    const room = await findRoom(context, roomId);
    if (!room) return { result: null };
    const userIds = receipts.map(({ userId }) => userId);
    const [joined, places] = await Promise.all([
      readJoinedMembers(context, room.id, userIds),
      readEventPlaces(
        context,
        receipts.map(({ eventId }) => eventId),
      ),
    ]);
    // Of a room that was joined a short while ago, most members are not known yet.
    if (joined.size < userIds.length && (await isPartialRoom(context, room.id))) {
      const left = await readFormerMembers(context, room.id, userIds);
      for (const userId of userIds) if (!left.has(userId)) joined.add(userId);
    }
    const names = await internNames(context, joined);
    const times = await readReceiptTimes(context, room.id, names.values(), 'm.read');
    const fresh = receipts.filter(({ userId, eventId, threadId, timestampMs }) => {
      const place = places.get(eventId);
      if (!joined.has(userId) || (place && place.room !== room.id)) return false;
      return timestampMs > (times.get(`${names.get(userId)} ${threadId}`) ?? Number.NEGATIVE_INFINITY);
    });
    if (fresh.length === 0) return { result: null };
    const committed = shard.append(fresh.length, (first) => ({
      entries: fresh.map((receipt) => receiptEntry(roomId, receipt)),
      writes: fresh.map(({ userId, eventId, threadId, timestampMs }, index) =>
        putReceipt({
          ...{ room: room.id, member: names.get(userId) ?? 0, type: 'm.read', threadId, eventId },
          ...{ shard: shard.id, position: first + index, sentAtMs: timestampMs },
          // What counts as unread is this server's users' alone.
          ...{ eventPosition: places.get(eventId)?.position ?? 0, thread: null },
        }),
      ),
    }));
    return { result: null, committed };
  },
};

function receiptEntry(roomId: string, { userId, eventId, threadId, timestampMs }: RemoteReceipt): NewEntry {
  const body = { roomId, userId, receiptType: 'm.read', eventId, timestampMs };
  return { kind: 'receipt', body: threadId === '' ? body : { ...body, threadId } };
}

/**
 * Takes an m.receipt EDU in. Receipts that are not as they should be, of users of other servers or of users who are not
 * in the room are passed over, and so are those for rooms that shut the server out. Throws M_INVALID_PARAM where there are more than a transaction can mean.
 * https://spec.matrix.org/v1.19/server-server-api/#receipts
 */
export async function receiveReceipts(context: Context, origin: string, content: JsonObject): Promise<void> {
  const rooms = Object.entries(content);
  if (rooms.length > maxRooms) throw new MatrixError('M_INVALID_PARAM', 'm.receipt names too many rooms');
  const wanted = rooms.map(([roomId, types]) => ({ roomId, receipts: parseReceipts(origin, types) }));
  const count = wanted.reduce((sum, { receipts }) => sum + receipts.length, 0);
  if (count > maxReceipts) throw new MatrixError('M_INVALID_PARAM', 'm.receipt holds too many receipts');
  for (const { roomId, receipts } of wanted) {
    if (receipts.length === 0) continue;
    const room = await findRoom(context, roomId);
    if (!room || !(await isServerInRoom(context, roomId))) continue;
    if (!(await isServerAllowedInRoom(context, room, origin))) continue;
    await context.shardLog.submit(receiveReceiptsCommand, room.shard, { roomId, receipts });
  }
}

/** Private receipts do not travel: other types than m.read are passed over. */
function parseReceipts(origin: string, types: JsonValue | undefined): RemoteReceipt[] {
  const users = isJsonObject(types) ? types['m.read'] : undefined;
  if (!isJsonObject(users)) return [];
  return Object.entries(users).flatMap(([userId, receipt]) => {
    const parsed = isUserOfServer(userId, origin) ? parseReceipt(userId, receipt) : undefined;
    return parsed ? [parsed] : [];
  });
}

function parseReceipt(userId: string, receipt: JsonValue | undefined): RemoteReceipt | undefined {
  if (!isJsonObject(receipt)) return undefined;
  const { event_ids: eventIds, data } = receipt;
  const eventId = Array.isArray(eventIds) ? eventIds[0] : undefined;
  if (!isId(eventId) || !isJsonObject(data)) return undefined;
  const { ts, thread_id: threadId = '' } = data;
  if (!Number.isSafeInteger(ts) || (threadId !== '' && !isId(threadId))) return undefined;
  return { userId, eventId, threadId, timestampMs: ts as number };
}

function isId(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxIdLength && isStorableText(value);
}
