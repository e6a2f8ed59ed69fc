import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import type { RoomTarget, RoomTimeline } from './collect-timelines.ts';
import type { EventLogEntry } from './connected-users.ts';
import type { SyncRun } from './sync-run.ts';

/** A room on its way into the reply. */
export interface RoomDraft {
  readonly target: RoomTarget;
  readonly timeline: RoomTimeline;
  /** Every event of the range, oldest first, where the answer comes from memory. */
  readonly entries: readonly EventLogEntry[] | undefined;
  /** All of the state, and not only what changed since. */
  readonly wholeState: boolean;
}

/** Whether an event changed the state otherwise than by becoming part of it. */
function isResolution({ body, isResolved }: TimelineEvent): boolean {
  return isResolved === true || body.stateChanges !== undefined;
}

/** The position after which the state is told. */
export function statePosition(run: SyncRun, { target, timeline }: RoomDraft): number {
  // What a filter takes out of the timeline must be told in another place, and so must what no event of it shows.
  const isShownByTimeline = run.request.filter.room.timeline.matchesAll && !timeline.events.some(isResolution);
  const endOfRange = run.request.useStateAfter || !isShownByTimeline;
  const first = timeline.events[0];
  return endOfRange || first === undefined ? target.upTo : first.position - 1;
}
