import type { Context } from '../platform/context.ts';
import { type FoundUser, readJoinedRoomsOf, searchAccounts } from '../storage/accounts/read-user-directory.ts';
import { roomsByNumber } from '../storage/names/room-names.ts';
import { readState } from '../storage/rooms/read-state.ts';

/** Users who are not known from a room of one's own are looked at up to this number, and this many of their rooms. */
const maxStrangers = 100;
const maxRoomsOfStranger = 20;

/**
 * Users of this server whose id or display name contains the term and who are visible to the searcher: those in a room
 * with the searcher, and those in a room that anybody may join or read.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
 */
export async function searchUserDirectory(
  context: Context,
  searcher: string,
  term: string,
  limit: number,
): Promise<{ users: FoundUser[]; limited: boolean }> {
  const found = (await searchAccounts(context, searcher, term, limit + 1 + maxStrangers)).filter(
    ({ userId }) => userId !== searcher,
  );
  const known = found.filter((user) => user.sharesRoom);
  const strangers = found.filter((user) => !user.sharesRoom).slice(0, maxStrangers);
  const visible = known.length > limit ? known : [...known, ...(await filterPublicUsers(context, strangers))];
  return { users: visible.slice(0, limit), limited: visible.length > limit };
}

async function filterPublicUsers(context: Context, users: readonly FoundUser[]): Promise<FoundUser[]> {
  if (users.length === 0) return [];
  const userIds = users.map(({ userId }) => userId);
  const roomsByUser = await readJoinedRoomsOf(context, userIds, maxRoomsOfStranger);
  const names = await roomsByNumber(context, [...roomsByUser.values()].flat());
  const isPublic = new Map<number, boolean>();
  for (const [number, room] of names) {
    const state = await readState(context, room, {
      keys: [
        ['m.room.join_rules', ''],
        ['m.room.history_visibility', ''],
      ],
    });
    const values = state.map(({ pdu }) => pdu.content['join_rule'] ?? pdu.content['history_visibility']);
    isPublic.set(number, values.includes('public') || values.includes('world_readable'));
  }
  return users.filter(({ userId }) => roomsByUser.get(userId)?.some((number) => isPublic.get(number)));
}
