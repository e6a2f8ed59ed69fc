import { encodePaginationToken } from '@holdfast/protocol/sync-tokens/pagination-token.ts';
import { withoutErased } from '../rooms/erased-users.ts';
import type { Membership } from '../storage/rooms/membership-codes.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import { takesWholeTimeline } from './collect-timelines.ts';
import { eventText, isOwnTransaction } from './event-text.ts';
import type { RoomDraft } from './room-draft.ts';
import { type RoomSummary, summaryJson } from './room-summaries.ts';
import { spanAt } from './span-at.ts';
import type { SyncRun } from './sync-run.ts';
import type { UnreadTally } from './unread-tally.ts';

/** Everything of a room that goes into the reply. */
export interface RoomParts {
  readonly draft: RoomDraft;
  readonly state: readonly TimelineEvent[];
  readonly summary: RoomSummary | undefined;
  /** Events as JSON. */
  readonly ephemeral: readonly string[];
  readonly accountData: readonly string[];
  readonly unread: UnreadTally | undefined;
}

/** A room's section of the reply, as JSON. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync */
export function roomText(run: SyncRun, parts: RoomParts): string {
  const { draft, state } = parts;
  const stateName = run.request.useStateAfter ? 'state_after' : 'state';
  let text = `{"timeline":${timelineText(run, draft)},"${stateName}":${eventsText(stateTexts(run, draft, state))}`;
  text += `,"account_data":${eventsText(parts.accountData)}`;
  if (draft.target.section === 'leave') return `${text}}`;
  text += `,"ephemeral":${eventsText(parts.ephemeral)}`;
  if (parts.summary) text += `,"summary":${summaryJson(parts.summary, run.user.userId)}`;
  if (parts.unread) text += unreadText(run, parts.unread);
  return `${text}}`;
}

function eventsText(events: readonly string[]): string {
  return events.length === 0 ? '{"events":[]}' : `{"events":[${events.join(',')}]}`;
}

/** The same for all who have been in the room all the time, so that one of them makes it for the others. */
function timelineText(run: SyncRun, draft: RoomDraft): string {
  const { target, timeline } = draft;
  const { events, limited } = timeline;
  const isShared =
    draft.entries !== undefined &&
    takesWholeTimeline(run) &&
    run.reader.filter.eventFields === undefined &&
    !events.some((event) => isOwnTransaction(event, run.reader));
  if (!isShared) return makeTimelineText(run, draft);
  const key = `${target.roomId} ${prevBatchOf(draft)} ${events.length} ${events.at(-1)?.position} ${limited}`;
  let text = run.hub.shared.get(key);
  if (text === undefined) {
    text = makeTimelineText(run, draft);
    run.hub.shared.set(key, text);
  }
  return text;
}

function makeTimelineText(run: SyncRun, draft: RoomDraft): string {
  const { target, timeline } = draft;
  const membershipOf = (position: number) => membershipAt(draft, position);
  const shown = withoutErased(run.context, target.roomId, timeline.events, membershipOf);
  const events = shown.map((event) => eventText(event, run.reader, membershipOf(event.position)));
  const prevBatch = encodePaginationToken({ shard: target.shard, position: prevBatchOf(draft) });
  return `{"events":[${events.join(',')}],"limited":${timeline.limited},"prev_batch":"${prevBatch}"}`;
}

/** The place before the first event of the timeline. */
function prevBatchOf({ target, timeline }: RoomDraft): number {
  const first = timeline.events[0];
  if (first) return first.position - 1;
  return timeline.limited ? target.upTo : (target.since ?? target.upTo);
}

function membershipAt({ target }: RoomDraft, position: number): Membership {
  if (target.memberships === undefined) return 'join';
  return spanAt(target.memberships, position)?.membership ?? 'leave';
}

function stateTexts(run: SyncRun, draft: RoomDraft, state: readonly TimelineEvent[]): string[] {
  const { memberships, since } = draft.target;
  return state.map((event) => {
    const isKnown = memberships !== undefined || (since !== undefined && event.position > since);
    return eventText(event, run.reader, isKnown ? membershipAt(draft, event.position) : undefined);
  });
}

function unreadText(run: SyncRun, tally: UnreadTally): string {
  const byThread = run.request.filter.room.timeline.unreadThreadNotifications;
  const text = `,"unread_notifications":${countsText(byThread ? tally.main : tally.total)}`;
  if (!byThread || tally.threads.size === 0) return text;
  const threads = [...tally.threads].map(([root, unread]) => `${JSON.stringify(root)}:${countsText(unread)}`);
  return `${text},"unread_thread_notifications":{${threads.join(',')}}`;
}

function countsText({ notifications, highlights }: UnreadTally['main']): string {
  return `{"highlight_count":${highlights},"notification_count":${notifications}}`;
}
