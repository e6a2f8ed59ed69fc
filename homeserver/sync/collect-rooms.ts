import { matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import { stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { inSlices } from '../storage/sync/in-slices.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import { collectStates } from './collect-states.ts';
import { collectTimelines, isWanted, type RoomTarget, type RoomTimeline, timelineLimit } from './collect-timelines.ts';
import type { EventLogEntry } from './connected-users.ts';
import type { RoomNews } from './find-room-news.ts';
import { readUnreadTallies } from './read-unread-tallies.ts';
import { redactEntries } from './redact-entries.ts';
import type { RoomDraft } from './room-draft.ts';
import { roomText } from './room-text.ts';
import type { SyncRun } from './sync-run.ts';

/** Sections of joined and left rooms, as JSON by room id. */
export interface RoomSections {
  readonly join: Map<string, string>;
  readonly leave: Map<string, string>;
}

/**
 * Puts together what is told of rooms that may have news. The number of queries does not depend on the number of rooms;
 * when the news are in memory there is none, except for gaps, lazily loaded members and changed receipts.
 */
export async function collectRooms(
  run: SyncRun,
  news: readonly RoomNews[],
  accountData: ReadonlyMap<string, readonly string[]>,
): Promise<RoomSections> {
  const drafts = await draftRooms(run, news);
  const states = await collectStates(run, [...drafts.values()]);
  const told = news.filter((one) => {
    const { roomId } = one.target;
    return isTold(one, drafts.get(roomId), states.get(roomId)) || accountData.has(roomId);
  });
  const joined = told.map(({ target }) => target).filter(({ section }) => section === 'join');
  const [summaries, unread] = await Promise.all([
    run.hub.summaries.get(joined.filter(({ roomId }) => needsSummary(drafts.get(roomId)))),
    readUnreadTallies(run.context, run.hub, run.user, joined),
  ]);
  const sections: RoomSections = { join: new Map(), leave: new Map() };
  await inSlices(run.context, told, ({ target, ephemeral }) => {
    const { roomId, section } = target;
    const text = roomText(run, {
      draft: drafts.get(roomId) as RoomDraft,
      state: states.get(roomId) ?? [],
      summary: summaries.get(roomId),
      ephemeral,
      accountData: accountData.get(roomId) ?? [],
      unread: unread.get(roomId),
    });
    sections[section].set(roomId, text);
  });
  return sections;
}

async function draftRooms(run: SyncRun, news: readonly RoomNews[]): Promise<Map<string, RoomDraft>> {
  const fromTables = news.filter(({ entries }) => entries === undefined);
  const timelines = await collectTimelines(
    run,
    fromTables.map(({ target }) => target),
  );
  const drafts = new Map<string, RoomDraft>();
  for (const { target, entries } of news) {
    const wholeState = target.since === undefined || (run.request.fullState && target.section === 'join');
    const timeline = entries ? await cutTimeline(run, target, entries) : timelines.get(target.roomId);
    drafts.set(target.roomId, { target, wholeState, entries, timeline: timeline ?? nothing });
  }
  return drafts;
}

const nothing: RoomTimeline = { events: [], limited: false };

async function cutTimeline(
  run: SyncRun,
  { roomId }: RoomTarget,
  entries: readonly EventLogEntry[],
): Promise<RoomTimeline> {
  if (!matchesRoom(run.request.filter.room.timeline, roomId)) return nothing;
  const limit = timelineLimit(run);
  const gap = entries.findLastIndex(({ body }) => body.isAfterGap);
  const shown = await redactEntries(run, gap > 0 ? entries.slice(gap) : entries);
  const wanted = shown.filter((entry) => isWanted(run, entry));
  return { events: limit === 0 ? [] : wanted.slice(-limit), limited: gap >= 0 || wanted.length > limit };
}

function isTold(
  { target, ephemeral, ownReceipts }: RoomNews,
  draft: RoomDraft | undefined,
  state: readonly TimelineEvent[] | undefined,
): boolean {
  if (!draft) return false;
  const { events, limited } = draft.timeline;
  const isNew = draft.wholeState || target.section === 'leave';
  return isNew || events.length > 0 || limited || (state?.length ?? 0) > 0 || ephemeral.length > 0 || ownReceipts;
}

/** Where members may have changed. */
function needsSummary(draft: RoomDraft | undefined): boolean {
  if (!draft) return false;
  if (!draft.entries) return draft.wholeState || draft.timeline.events.length > 0;
  return draft.entries.some((entry) => stateChangesOf(entry).some(({ type }) => type.startsWith('m.room.')));
}
