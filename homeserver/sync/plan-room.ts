import type { MembershipSpan } from '../storage/sync/read-membership-spans.ts';

/** What of a room a reply tells; positions are those of the room's shard. */
export type RoomPlan =
  | {
      readonly section: 'join' | 'leave';
      /** Only what came after; undefined: the client knows nothing of the room. */
      readonly since: number | undefined;
      /** The newest event that is told: the end of the range, or the one by which the user left. */
      readonly upTo: number;
      /** The events of the range, or nothing but the user's own member event. */
      readonly scope: 'room' | 'own-member-event';
    }
  | {
      readonly section: 'invite' | 'knock';
      /** Of the user's member event. */
      readonly position: number;
    };

/**
 * What a reply for positions (since, to] tells of a room, by the user's memberships from the one that held at `since`
 * on (oldest first). Undefined: nothing. `since` undefined is an initial sync, in which rooms that the user has left are
 * told only with `includeLeave`; who was banned did not leave.
 * https://spec.matrix.org/v1.19/client-server-api/#syncing
 */
export function planRoom(
  spans: readonly MembershipSpan[],
  since: number | undefined,
  to: number,
  includeLeave: boolean,
): RoomPlan | undefined {
  const nowAt = spans.findIndex((span) => span.from <= to && span.to > to);
  const now = spans[nowAt];
  if (!now) return undefined;
  const isNew = since === undefined || now.from > since;
  switch (now.membership) {
    case 'join': {
      const joinedAt = startOfStay(spans, nowAt);
      const known = since !== undefined && joinedAt <= since;
      return { section: 'join', since: known ? since : undefined, upTo: to, scope: 'room' };
    }
    case 'invite':
    case 'knock':
      return isNew ? { section: now.membership, position: now.from } : undefined;
    default:
      if (!isNew || (since === undefined && !includeLeave && now.membership !== 'ban')) return undefined;
      return planLeftRoom(spans, nowAt, since);
  }
}

function planLeftRoom(spans: readonly MembershipSpan[], nowAt: number, since: number | undefined): RoomPlan {
  const upTo = (spans[nowAt] as MembershipSpan).from;
  const before = spans.slice(0, nowAt);
  const lastStay = before.findLastIndex((span) => span.membership === 'join');
  if (lastStay === -1) return { section: 'leave', since: upTo - 1, upTo, scope: 'own-member-event' };
  // Left, and for example banned afterwards: the room is told up to the moment of leaving, and the ban with it.
  const stayedSince = since !== undefined && startOfStay(spans, lastStay) <= since;
  if (stayedSince && (spans[lastStay] as MembershipSpan).to <= since) {
    return { section: 'leave', since: upTo - 1, upTo, scope: 'own-member-event' };
  }
  return { section: 'leave', since: stayedSince ? since : undefined, upTo, scope: 'room' };
}

/** Where the unbroken stay began that the span at `index` is part of. A changed profile is no break. */
function startOfStay(spans: readonly MembershipSpan[], index: number): number {
  let first = index;
  while (spans[first - 1]?.membership === 'join') first--;
  return (spans[first] as MembershipSpan).from;
}
