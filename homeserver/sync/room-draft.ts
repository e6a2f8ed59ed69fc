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

/** The position after which the state is told. */
export function statePosition(run: SyncRun, { target, timeline }: RoomDraft): number {
  // What a filter takes out of the timeline must be told in another place.
  const endOfRange = run.request.useStateAfter || !run.request.filter.room.timeline.matchesAll;
  const first = timeline.events[0];
  return endOfRange || first === undefined ? target.upTo : first.position - 1;
}
