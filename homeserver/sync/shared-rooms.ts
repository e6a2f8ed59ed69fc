import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import { readSharers } from '../storage/sync/read-sharers.ts';
import type { SyncRun } from './sync-run.ts';

/** The rooms that the user is joined to. */
export async function joinedRooms(run: Pick<SyncRun, 'context' | 'user'>): Promise<RoomName[]> {
  const joined = [...run.user.rooms.values()].filter(({ membership }) => membership === 'join');
  const rooms = await Promise.all(joined.map(({ roomId }) => findRoom(run.context, roomId)));
  return rooms.filter((room) => room !== undefined);
}

/** Which of the users are joined to one of the user's rooms, or are the user. One query for those not in memory. */
export async function findSharers(run: SyncRun, userIds: ReadonlySet<string>): Promise<Set<string>> {
  const { hub, user, context } = run;
  const sharers = new Set<string>();
  const unknown: string[] = [];
  for (const userId of userIds) {
    const other = hub.users.peek(userId);
    if (userId === user.userId) sharers.add(userId);
    else if (!other) unknown.push(userId);
    else if (shareRoom(user.rooms, other.rooms)) sharers.add(userId);
  }
  if (unknown.length === 0) return sharers;
  const rooms = await joinedRooms(run);
  const read = await readSharers(
    context,
    unknown,
    rooms.map(({ id }) => id),
  );
  for (const userId of read) sharers.add(userId);
  return sharers;
}

type Rooms = ReadonlyMap<string, { readonly membership: string }>;

function shareRoom(some: Rooms, others: Rooms): boolean {
  for (const [roomId, { membership }] of some) {
    if (membership === 'join' && others.get(roomId)?.membership === 'join') return true;
  }
  return false;
}
