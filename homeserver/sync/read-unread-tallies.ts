import { hasPushRuleChanges } from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import type { Context } from '../platform/context.ts';
import { receiptTypeCodes } from '../storage/ephemeral/receipt-types.ts';
import { readOwnPushRules } from '../storage/sync/read-own-push-rules.ts';
import { readUnreadCounts } from '../storage/sync/read-unread-counts.ts';
import type { ConnectedUser } from './connected-user.ts';
import { replayEntries } from './replay-entries.ts';
import type { SyncHub } from './sync-hub.ts';
import { UnreadTally } from './unread-tally.ts';

/** A user's rooms whose counts are kept in memory: those with news lately. */
const keptRooms = 64;

/** Unread counts of a user's rooms, by room id. Three queries where some are not known, and none otherwise. */
export async function readUnreadTallies(
  context: Context,
  hub: SyncHub,
  user: ConnectedUser,
  rooms: readonly { readonly roomId: string; readonly room: number; readonly shard: number }[],
): Promise<Map<string, UnreadTally>> {
  const tallies = new Map<string, UnreadTally>();
  const missing = rooms.filter(({ roomId }) => {
    const known = user.unread.get(roomId);
    if (known) tallies.set(roomId, known);
    return known === undefined;
  });
  if (missing.length === 0) return tallies;
  const { userId } = user;
  const changed = await hub.pushRules.get(userId, () => readOwnPushRules(context, userId));
  const own = changed && hasPushRuleChanges(changed.changes) ? changed : undefined;
  const counts = await readUnreadCounts(
    context,
    userId,
    missing.map(({ room }) => room),
    own?.countsFrom,
  );
  const read = new Map<string, UnreadTally>();
  for (const { roomId, room, shard } of missing) {
    const roomCounts = counts.get(room);
    const tally = new UnreadTally(userId, own !== undefined, roomCounts?.positions[shard] ?? 0, roomCounts);
    tallies.set(roomId, tally);
    if (roomCounts) read.set(roomId, tally);
  }
  const positions = [...counts.values()][0]?.positions;
  if (positions && !user.dropped) keepTallies(context, user, read, positions);
  return tallies;
}

function keepTallies(
  context: Context,
  user: ConnectedUser,
  read: Map<string, UnreadTally>,
  positions: readonly number[],
): void {
  const complete = replayEntries(context.shardLog.tail, positions, (entry) => {
    if (entry.kind === 'event') read.get(entry.body.roomId)?.apply(entry.position, entry.body);
    const isOwn = entry.kind !== 'event' && 'userId' in entry.body && entry.body.userId === user.userId;
    if (isOwn && entry.kind === 'receipt' && entry.body.receiptType in receiptTypeCodes) read.delete(entry.body.roomId);
    if (isOwn && entry.kind === 'account-data' && entry.body.type === 'm.push_rules') read.clear();
  });
  if (!complete) return;
  for (const [roomId, tally] of read) if (user.isJoined(roomId)) user.unread.set(roomId, tally);
  for (const roomId of user.unread.keys()) {
    if (user.unread.size <= keptRooms) break;
    user.unread.delete(roomId);
  }
}
