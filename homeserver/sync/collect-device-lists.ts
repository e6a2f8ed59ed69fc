import { findDeviceListChanges } from '../devices/device-list-changes.ts';
import type { RangeDigest } from './digest-range.ts';
import type { RoomNews } from './find-room-news.ts';
import { findSharers } from './shared-rooms.ts';
import type { SyncRun } from './sync-run.ts';

/** For `device_lists`: user ids. */
export interface CollectedDeviceLists {
  readonly changed: readonly string[];
  readonly left: readonly string[];
}

const nobody: CollectedDeviceLists = { changed: [], left: [] };

/**
 * Whose devices changed, who began to share a room with the user, and who shares none any more. Nothing in an initial
 * sync, with which a client begins to ask for itself. From memory while the user stays in the same rooms, otherwise one
 * query. https://spec.matrix.org/v1.19/client-server-api/#tracking-the-device-list-for-a-user
 */
export async function collectDeviceLists(run: SyncRun, news: readonly RoomNews[]): Promise<CollectedDeviceLists> {
  const { context, user, range, digest } = run;
  if (range.since === undefined) return nobody;
  const hasMoved = news.some(({ target }) => target.memberships !== undefined);
  const isWholeNow = digest !== undefined && [...digest.wholeRooms].some((roomId) => user.isJoined(roomId));
  if (!digest || hasMoved || isWholeNow) return await findDeviceListChanges(context, user.userId, range.since);
  return await findInMemory(run, digest);
}

async function findInMemory(run: SyncRun, { deviceLists, moves }: RangeDigest): Promise<CollectedDeviceLists> {
  if (deviceLists.length + moves.length === 0) return nobody;
  const { user } = run;
  const renewed = new Set<string>();
  for (const { userId, readerId } of deviceLists) if ((readerId ?? user.userId) === user.userId) renewed.add(userId);
  const joined = new Set<string>();
  const gone = new Set<string>();
  for (const move of moves) {
    if (!user.isJoined(move.roomId)) continue;
    const [to, from] = move.joined ? [joined, gone] : [gone, joined];
    to.add(move.userId);
    from.delete(move.userId);
  }
  const sharers = await findSharers(run, renewed.union(gone));
  return {
    changed: [...renewed.intersection(sharers).union(joined)],
    left: [...gone.difference(sharers).difference(joined)],
  };
}
