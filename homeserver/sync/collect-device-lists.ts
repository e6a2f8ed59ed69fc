import { findDeviceListChanges } from '../devices/device-list-changes.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
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
  const { context, user, range, entries } = run;
  if (range.since === undefined) return nobody;
  const hasMoved = news.some(({ target }) => target.memberships !== undefined);
  if (!entries || hasMoved) return await findDeviceListChanges(context, user.userId, range.since);
  return await findInMemory(run, entries);
}

async function findInMemory(run: SyncRun, entries: readonly LogEntry[]): Promise<CollectedDeviceLists> {
  const { user } = run;
  const renewed = new Set<string>();
  const joined = new Set<string>();
  const gone = new Set<string>();
  for (const { kind, body } of entries) {
    if (kind === 'device-list' && (body.readerId ?? user.userId) === user.userId) renewed.add(body.userId);
    if (kind !== 'event' || body.type !== 'm.room.member' || body.stateKey === undefined) continue;
    const [before, after] = [body.replaced?.content['membership'], body.content['membership']];
    if (!user.isJoined(body.roomId) || (before === 'join') === (after === 'join')) continue;
    const [to, from] = after === 'join' ? [joined, gone] : [gone, joined];
    to.add(body.stateKey);
    from.delete(body.stateKey);
  }
  if (renewed.size + joined.size + gone.size === 0) return nobody;
  const sharers = await findSharers(run, renewed.union(gone));
  return {
    changed: [...renewed.intersection(sharers).union(joined)],
    left: [...gone.difference(sharers).difference(joined)],
  };
}
