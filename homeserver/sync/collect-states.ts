import { matchesEventFilter, matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import { stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { readRoomStates } from '../storage/sync/read-room-states.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import { collectLazyMembers } from './collect-lazy-members.ts';
import type { EventLogEntry } from './connected-users.ts';
import { type RoomDraft, statePosition } from './room-draft.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * The state that goes with each room's timeline, by room id: what a client needs to know the room's state before the
 * timeline (`state`) or after it (`state_after`). One query, and two more with lazily loaded members; none where
 * everything is in memory.
 */
export async function collectStates(run: SyncRun, drafts: readonly RoomDraft[]): Promise<Map<string, TimelineEvent[]>> {
  const filter = run.request.filter.room.state;
  const wanted = drafts.filter(({ target }) => matchesRoom(filter, target.roomId) && target.scope === 'room');
  const states = await collectChanges(run, wanted);
  if (filter.lazyLoadMembers) {
    const members = await collectLazyMembers(run, wanted, states);
    for (const [roomId, events] of members) states.set(roomId, [...(states.get(roomId) ?? []), ...events]);
  }
  for (const [roomId, events] of states) {
    const passing = events.filter(({ body }) => matchesEventFilter(filter, body, roomId));
    states.set(roomId, passing);
  }
  return states;
}

async function collectChanges(run: SyncRun, drafts: readonly RoomDraft[]): Promise<Map<string, TimelineEvent[]>> {
  const { lazyLoadMembers } = run.request.filter.room.state;
  const fromTables = drafts.filter((draft) => readsTables(run, draft));
  const read = await readRoomStates(
    run.context,
    fromTables.map((draft) => ({
      room: draft.target.room,
      at: statePosition(run, draft),
      ...(!draft.wholeState && draft.target.since !== undefined && { since: draft.target.since }),
      withoutMembers: lazyLoadMembers && draft.wholeState,
    })),
  );
  const states = new Map<string, TimelineEvent[]>();
  for (const draft of drafts) {
    const events = draft.entries
      ? stateChangesIn(draft.entries, statePosition(run, draft))
      : read.get(draft.target.room);
    states.set(draft.target.roomId, withoutTimeline(run, draft, events ?? []));
  }
  return states;
}

/** A whole timeline contains every change of state; only what lies before it must be read. */
function readsTables(run: SyncRun, draft: RoomDraft): boolean {
  if (draft.entries) return false;
  return draft.wholeState || draft.timeline.limited || statePosition(run, draft) === draft.target.upTo;
}

function withoutTimeline(run: SyncRun, draft: RoomDraft, events: readonly TimelineEvent[]): TimelineEvent[] {
  const { timeline, wholeState } = draft;
  if (run.request.useStateAfter || timeline.events.length === 0) return [...events];
  // All of the state, where the timeline does not lead there: what a filter has left of it is part of that.
  if (wholeState && timeline.limited && !run.request.filter.room.timeline.matchesAll) return [...events];
  const shown = new Set(timeline.events.map(({ position }) => position));
  return events.filter(({ position }) => !shown.has(position));
}

/** The state event that each type and state key had at a position, where entries changed it. */
export function stateChangesIn(entries: readonly EventLogEntry[], upTo: number): TimelineEvent[] {
  const changes = new Map<string, TimelineEvent>();
  for (const entry of entries) {
    if (entry.position > upTo) continue;
    for (const { type, stateKey, event } of stateChangesOf(entry)) {
      const tuple = `${type}\0${stateKey}`;
      // Nothing tells a client that a piece of state is gone.
      if (event) changes.set(tuple, event === entry ? entry : { shard: entry.shard, ...event });
      else changes.delete(tuple);
    }
  }
  return [...changes.values()];
}
