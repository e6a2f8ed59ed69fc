import { matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import type { ConnectedUser } from './connected-user.ts';
import type { RangeDigest } from './digest-range.ts';
import type { SyncRange, SyncRequest } from './sync-request.ts';

/** A room of which a reply may have to tell something. */
export interface CandidateRoom {
  readonly roomId: string;
  readonly shard: number;
  /** The user's membership changed in the range, or the client knows nothing yet. */
  readonly isChanged: boolean;
}

/**
 * The rooms that may have news, but for those that the user left when the tables have to answer. Call it at the very
 * moment that the range ends: afterwards the user's rooms are those of a later one.
 */
export function findCandidateRooms(
  user: ConnectedUser,
  request: SyncRequest,
  range: SyncRange,
  digest: RangeDigest | undefined,
): CandidateRoom[] {
  const candidates = digest ? candidatesInMemory(user, digest) : candidatesOfUser(user, range);
  return candidates.filter(({ roomId }) => matchesRoom(request.filter.room, roomId));
}

function candidatesInMemory(user: ConnectedUser, digest: RangeDigest): CandidateRoom[] {
  const moved = digest.moved.get(user.userId);
  const candidates: CandidateRoom[] = [];
  for (const [roomId, { shard }] of digest.rooms) {
    const isChanged = moved?.has(roomId) === true;
    if (isChanged || user.isJoined(roomId)) candidates.push({ roomId, shard, isChanged });
  }
  for (const { roomId = '' } of digest.accountData.get(user.userId) ?? []) {
    const room = user.rooms.get(roomId);
    const isKnown = digest.rooms.has(roomId) || candidates.some((candidate) => candidate.roomId === roomId);
    if (room?.membership === 'join' && !isKnown) candidates.push({ roomId, shard: room.shard, isChanged: false });
  }
  return candidates;
}

function candidatesOfUser(user: ConnectedUser, { since }: SyncRange): CandidateRoom[] {
  const candidates: CandidateRoom[] = [];
  for (const { roomId, shard, position, membership } of user.rooms.values()) {
    const isChanged = since === undefined || position > (since[shard] ?? 0);
    if (isChanged || membership === 'join') candidates.push({ roomId, shard, isChanged });
  }
  return candidates;
}
