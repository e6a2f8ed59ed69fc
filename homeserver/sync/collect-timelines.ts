import { matchesEventFilter, matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import type { MembershipSpan } from '../storage/sync/read-membership-spans.ts';
import { readRoomTimelines } from '../storage/sync/read-room-timelines.ts';
import { readVisibilitySpans, type VisibilitySpan } from '../storage/sync/read-visibility-spans.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import { isVisible } from './is-visible.ts';
import type { SyncRun } from './sync-run.ts';

/** A room whose timeline is wanted. */
export interface RoomTarget {
  readonly roomId: string;
  readonly room: number;
  readonly shard: number;
  readonly section: 'join' | 'leave';
  /** Events in (since, upTo]; undefined: the client knows nothing of the room. */
  readonly since: number | undefined;
  readonly upTo: number;
  /** Nothing but this one event, which is the user's own, may be told. */
  readonly scope: 'room' | 'own-member-event';
  /** The user's memberships since then; undefined: joined all the time. */
  readonly memberships: readonly MembershipSpan[] | undefined;
}

export interface RoomTimeline {
  /** Oldest first. */
  readonly events: readonly TimelineEvent[];
  /** There are more events in the range, before these, or the client must not take them for all that was before. */
  readonly limited: boolean;
}

const defaultLimit = 10;
/** Events that filters and visibility throw away are read on for so often, and so many at most. */
const maxRounds = 4;
const maxEventsPerRead = 1_000;
const beforeEverything = -9e15;

interface Progress {
  readonly target: RoomTarget;
  /** Newest first. */
  readonly kept: TimelineEvent[];
  upTo: number;
  asked: number;
  /** Came to an event that must not be shown as the next one of what lies before it. */
  isCut: boolean;
  done: boolean;
}

export function timelineLimit(run: SyncRun): number {
  return run.request.filter.room.timeline.limit ?? defaultLimit;
}

/** Whether the filter and the list of ignored users leave every event in. */
export function takesWholeTimeline(run: SyncRun): boolean {
  return run.request.filter.room.timeline.matchesAll && run.ignored.size === 0;
}

/** Whether an event goes into the timeline of whoever asks, visibility aside. */
export function isWanted(run: SyncRun, { body }: TimelineEvent): boolean {
  const { type, sender, content, roomId, stateKey } = body;
  if (stateKey === undefined && run.ignored.has(sender)) return false;
  return matchesEventFilter(run.request.filter.room.timeline, { type, sender, content }, roomId);
}

/**
 * The newest events of rooms' ranges, from the tables, as the user may see them. Two or three queries for any number of
 * rooms; more, up to twelve, when filters throw most events away.
 */
export async function collectTimelines(
  run: SyncRun,
  targets: readonly RoomTarget[],
): Promise<Map<string, RoomTimeline>> {
  const limit = timelineLimit(run);
  const { timeline: filter } = run.request.filter.room;
  const progresses = targets
    .filter(({ roomId }) => matchesRoom(filter, roomId))
    .map((target): Progress => ({ target, kept: [], upTo: target.upTo, asked: 0, isCut: false, done: false }));
  const visibilities = new Map<number, VisibilitySpan[]>();
  let asked = takesWholeTimeline(run) ? limit + 1 : limit * 2 + 5;
  for (let round = 0; round < maxRounds; round++, asked *= 4) {
    const open = progresses.filter((progress) => !progress.done);
    if (open.length === 0) break;
    await readOn(run, open, Math.min(asked, maxEventsPerRead), visibilities, limit);
  }
  return new Map(progresses.map((progress) => [progress.target.roomId, timelineOf(run, progress, limit)]));
}

async function readOn(
  run: SyncRun,
  open: readonly Progress[],
  asked: number,
  visibilities: Map<number, VisibilitySpan[]>,
  limit: number,
): Promise<void> {
  const read = await readRoomTimelines(
    run.context,
    open.map(({ target, upTo }) => ({
      room: target.room,
      after: target.since ?? beforeEverything,
      upTo,
      limit: target.scope === 'own-member-event' ? 1 : asked,
    })),
  );
  const doubtful = open.filter(({ target }) => !visibilities.has(target.room) && needsVisibility(target, read));
  const spans = await readVisibilitySpans(
    run.context,
    doubtful.map(({ target }) => ({ room: target.room, since: beforeEverything })),
  );
  for (const { target } of doubtful) visibilities.set(target.room, spans.get(target.room) ?? []);
  for (const progress of open) {
    const events = read.get(progress.target.room) ?? [];
    for (const event of events.toReversed()) {
      if (isWanted(run, event) && maySee(run, progress.target, event, visibilities)) progress.kept.push(event);
      progress.isCut = event.body.isAfterGap === true;
      if (progress.isCut) break;
    }
    progress.upTo = (events[0]?.position ?? 0) - 1;
    const exhausted = progress.isCut || events.length < asked || progress.target.scope === 'own-member-event';
    progress.done = exhausted || progress.kept.length > limit;
    progress.asked = exhausted ? 0 : asked;
  }
}

/** Joined all the time means: every event is visible. */
function needsVisibility(target: RoomTarget, read: ReadonlyMap<number, readonly TimelineEvent[]>): boolean {
  const { memberships, scope, room } = target;
  const first = read.get(room)?.[0];
  if (memberships === undefined || scope === 'own-member-event' || first === undefined) return false;
  const stay = memberships.at(-1);
  return !(stay?.membership === 'join' && stay.from < first.position);
}

function maySee(
  run: SyncRun,
  { memberships, scope, room }: RoomTarget,
  event: TimelineEvent,
  visibilities: ReadonlyMap<number, readonly VisibilitySpan[]>,
): boolean {
  const spans = visibilities.get(room);
  // How one's own stay ended is told even where the rules for reading history would hide it, as in a ban after leaving.
  if (event.body.type === 'm.room.member' && event.body.stateKey === run.user.userId) return true;
  // Where a fork ended it, another event has its place.
  if (scope === 'own-member-event') return false;
  if (memberships === undefined || spans === undefined) return true;
  return isVisible(event, run.user.userId, memberships, spans);
}

function timelineOf({ range }: SyncRun, { kept, asked, isCut, target }: Progress, limit: number): RoomTimeline {
  // Who comes to a room may know of an earlier stay: the client must not put this timeline behind that one.
  const isNewcomer = target.since === undefined && range.since !== undefined;
  const limited = kept.length > limit || asked > 0 || isCut || isNewcomer;
  const events = kept.slice(0, limit).toReversed();
  return { events, limited: limited && target.scope === 'room' };
}
