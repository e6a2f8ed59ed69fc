import {
  readDeviceListChanges,
  readMemberChanges,
  readMembersOfEncryptedRooms,
} from '../storage/sync/read-device-list-changes.ts';
import type { RoomNews } from './find-room-news.ts';
import { findSharers, joinedRooms } from './shared-rooms.ts';
import type { SyncRun } from './sync-run.ts';

/** For `device_lists`: user ids. */
export interface CollectedDeviceLists {
  readonly changed: ReadonlySet<string>;
  readonly left: ReadonlySet<string>;
}

/** Users of whom something happened that may have to be told. */
interface Movements {
  /** Changed their devices or keys. */
  readonly changed: Set<string>;
  readonly joined: Set<string>;
  readonly gone: Set<string>;
}

const nobody: CollectedDeviceLists = { changed: new Set(), left: new Set() };

/**
 * Whose devices changed, who began to share a room with the user, and who shares none any more. Nothing in an initial
 * sync, with which a client begins to ask for itself. From memory, while the user's own memberships stay.
 * https://spec.matrix.org/v1.19/client-server-api/#tracking-the-device-list-for-a-user
 */
export async function collectDeviceLists(run: SyncRun, news: readonly RoomNews[]): Promise<CollectedDeviceLists> {
  if (run.range.since === undefined) return nobody;
  const found: Movements = { changed: new Set(), joined: new Set(), gone: new Set() };
  if (run.entries) findInMemory(run, found);
  else await findInTables(run, run.range.since, found);
  await addOwnMoves(run, news, found);
  const { changed, joined, gone } = found;
  if (changed.size + joined.size + gone.size === 0) return nobody;
  const sharers = await findSharers(run, changed.union(gone));
  return { changed: changed.intersection(sharers).union(joined), left: gone.difference(sharers).difference(joined) };
}

function findInMemory(run: SyncRun, { changed, joined, gone }: Movements): void {
  for (const entry of run.entries ?? []) {
    if (entry.kind === 'device-list' && (entry.body.readerId ?? run.user.userId) === run.user.userId) {
      changed.add(entry.body.userId);
    }
    if (entry.kind !== 'event' || entry.body.type !== 'm.room.member' || !run.user.isJoined(entry.body.roomId))
      continue;
    const { stateKey, content, replaced } = entry.body;
    const [before, after] = [replaced?.content['membership'], content['membership']];
    if (stateKey === undefined || (before === 'join') === (after === 'join')) continue;
    const [to, from] = after === 'join' ? [joined, gone] : [gone, joined];
    to.add(stateKey);
    from.delete(stateKey);
  }
}

async function findInTables(run: SyncRun, since: readonly number[], found: Movements): Promise<void> {
  const rooms = await joinedRooms(run);
  const [lists, members] = await Promise.all([
    readDeviceListChanges(run.context, run.user.userId, since),
    readMemberChanges(
      run.context,
      rooms.map(({ id, shard }) => ({ room: id, since: since[shard] ?? 0 })),
    ),
  ]);
  for (const { userId } of lists) found.changed.add(userId);
  for (const { userId, isJoined } of members) (isJoined ? found.joined : found.gone).add(userId);
}

/** Rooms that the user joined or left: everybody there comes or goes, where there is anything to encrypt. */
async function addOwnMoves(run: SyncRun, news: readonly RoomNews[], { joined, gone }: Movements): Promise<void> {
  const moved = news.map(({ target }) => target).filter((target) => target.memberships && target.scope === 'room');
  const membersOf = (section: 'join' | 'leave') =>
    readMembersOfEncryptedRooms(
      run.context,
      moved
        .filter((target) => target.section === section && (section === 'leave' || target.since === undefined))
        .map(({ room }) => room),
    );
  const [came, left] = await Promise.all([membersOf('join'), membersOf('leave')]);
  for (const userId of came) joined.add(userId);
  for (const userId of left) gone.add(userId);
}
