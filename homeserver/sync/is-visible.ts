import { mayReadEvent } from '@holdfast/protocol/history-visibility/may-read-event.ts';
import type { MembershipSpan } from '../storage/sync/read-membership-spans.ts';
import type { VisibilitySpan } from '../storage/sync/read-visibility-spans.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import { spanAt } from './span-at.ts';

/**
 * Whether a user may read an event, by the spans of the user's membership and of the room's history visibility around
 * it. https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-8
 */
export function isVisible(
  { position, body }: Pick<TimelineEvent, 'position' | 'body'>,
  userId: string,
  memberships: readonly MembershipSpan[],
  visibilities: readonly VisibilitySpan[],
): boolean {
  const { type, stateKey, content } = body;
  return mayReadEvent(
    { type, content, ...(stateKey !== undefined && { state_key: stateKey }) },
    {
      userId,
      historyVisibility: spanAt(visibilities, position - 1)?.visibility ?? 'shared',
      membership: spanAt(memberships, position - 1)?.membership,
      joinedLater: memberships.some((span) => span.membership === 'join' && span.to > position),
    },
  );
}
