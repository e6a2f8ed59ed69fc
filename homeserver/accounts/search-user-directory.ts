import type { Context } from '../platform/context.ts';
import { readRemoteMembers } from '../storage/accounts/read-remote-members.ts';
import { type FoundUser, readJoinedRoomsOf, searchAccounts } from '../storage/accounts/read-user-directory.ts';
import { toSearchText } from '../storage/accounts/search-text.ts';
import { roomsByNumber } from '../storage/names/room-names.ts';
import { readState } from '../storage/rooms/read-state.ts';

/** Users who are not known from a room of one's own are looked at up to this number, and this many of their rooms. */
const maxStrangers = 100;
const maxRoomsOfStranger = 20;
/** Members of other servers in one's rooms are looked through up to this number. */
const maxRemoteMembers = 2_000;

/**
 * Users whose id or display name contains the term and who are visible to the searcher: those in a room with the searcher,
 * and those of this server, the searcher too, in a room that anybody may join or read.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3user_directorysearch
 */
export async function searchUserDirectory(
  context: Context,
  searcher: string,
  term: string,
  limit: number,
): Promise<{ users: FoundUser[]; limited: boolean }> {
  const [accounts, members] = await Promise.all([
    searchAccounts(context, searcher, term, limit + 1 + maxStrangers),
    readRemoteMembers(context, searcher, maxRemoteMembers),
  ]);
  const remote = members.filter((member) => rankOf(member, term) < ranks.length);
  const shares = (user: FoundUser) => user.sharesRoom && user.userId !== searcher;
  const known = [...accounts.filter(shares), ...remote.map((user) => ({ ...user, sharesRoom: true }))];
  known.sort((a, b) => rankOf(a, term) - rankOf(b, term));
  const strangers = accounts.filter((user) => !shares(user)).slice(0, maxStrangers);
  const visible = known.length > limit ? known : [...known, ...(await filterPublicUsers(context, strangers))];
  return { users: visible.slice(0, limit), limited: visible.length > limit };
}

/** How a text and a term go together, the best first. */
const ranks: readonly ((text: string, term: string) => boolean)[] = [
  (text, term) => text === term,
  (text, term) => text.startsWith(term),
  (text, term) => text.includes(term),
];

/** The best rank of a user's names; the number of ranks: none of them contains the term. */
function rankOf({ userId, displayName }: Pick<FoundUser, 'userId' | 'displayName'>, term: string): number {
  const wanted = toSearchText(term);
  const localpart = userId.slice(1, userId.indexOf(':'));
  const texts = [userId, localpart, ...(displayName === undefined ? [] : [toSearchText(displayName)])];
  const rank = ranks.findIndex((fits) => texts.some((text) => fits(text, wanted)));
  return rank < 0 ? ranks.length : rank;
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
