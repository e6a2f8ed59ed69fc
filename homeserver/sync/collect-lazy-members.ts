import { stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { readMembers, type WantedMember } from '../storage/sync/read-room-states.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';
import { replayEntries } from './replay-entries.ts';
import { type RoomDraft, statePosition } from './room-draft.ts';
import { heroesFor } from './room-summaries.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * The member events that a lazily loading client needs besides the changes in `states`: those of the senders in the
 * timeline, of the user in rooms that are new to the client, and of those after whom the room is called. What the device
 * was sent before is left out. By room id; one query where some are not in memory.
 * https://spec.matrix.org/v1.19/client-server-api/#lazy-loading-room-members
 */
export async function collectLazyMembers(
  run: SyncRun,
  drafts: readonly RoomDraft[],
  states: ReadonlyMap<string, readonly TimelineEvent[]>,
): Promise<Map<string, TimelineEvent[]>> {
  const { hub, request } = run;
  const heroes = await heroesOfNewRooms(run, drafts);
  const members = new Map<string, TimelineEvent[]>();
  const missing: { draft: RoomDraft; wanted: WantedMember }[] = [];
  for (const draft of drafts) {
    const { roomId, room } = draft.target;
    const told = memberKeys(states.get(roomId) ?? []);
    const at = statePosition(run, draft);
    for (const userId of neededMembers(run, draft, heroes.get(roomId) ?? [])) {
      if (told.has(userId) || isRedundant(run, draft, userId)) continue;
      const known = hub.members.get(roomId, userId);
      if (known && known.since <= at) add(members, roomId, known.event);
      else missing.push({ draft, wanted: { room, at, userId } });
    }
  }
  await readMissing(run, missing, members);
  for (const { target, timeline } of drafts) {
    const { roomId } = target;
    const sent = [...(states.get(roomId) ?? []), ...(members.get(roomId) ?? []), ...timeline.events];
    hub.sentMembers.note(request, roomId, memberKeys(sent), run.range.to);
  }
  return members;
}

function neededMembers(run: SyncRun, draft: RoomDraft, heroes: readonly string[]): Set<string> {
  const needed = new Set<string>(heroes);
  if (draft.wholeState) needed.add(run.user.userId);
  // A member event in the timeline tells a client that keeps state by the timeline all that it needs from there on.
  const shown = new Set<string>();
  for (const { body } of draft.timeline.events) {
    if (body.type === 'm.room.member' && body.stateKey !== undefined && !run.request.useStateAfter) {
      shown.add(body.stateKey);
    }
    if (!shown.has(body.sender)) needed.add(body.sender);
  }
  return needed;
}

function isRedundant({ hub, request }: SyncRun, { target, wholeState }: RoomDraft, userId: string): boolean {
  if (wholeState || request.filter.room.state.includeRedundantMembers) return false;
  return hub.sentMembers.has(request, target.roomId, userId);
}

/** Only for rooms whose summary the client has not seen. */
async function heroesOfNewRooms(run: SyncRun, drafts: readonly RoomDraft[]): Promise<Map<string, string[]>> {
  const summaries = await run.hub.summaries.get(
    drafts.filter((draft) => draft.wholeState).map((draft) => draft.target),
  );
  const heroes = new Map<string, string[]>();
  for (const [roomId, summary] of summaries) {
    if (!summary.isNamed) heroes.set(roomId, heroesFor(summary, run.user.userId));
  }
  return heroes;
}

async function readMissing(
  run: SyncRun,
  missing: readonly { draft: RoomDraft; wanted: WantedMember }[],
  members: Map<string, TimelineEvent[]>,
): Promise<void> {
  const read = await readMembers(
    run.context,
    missing.map(({ wanted }) => wanted),
  );
  const isWhole = new Set(missing.filter(({ draft }) => draft.wholeState).map(({ wanted }) => wanted.room));
  const lately = new Map<string, TimelineEvent>();
  for (const [room, events] of read) {
    for (const event of events) {
      const { roomId, stateKey } = event.body;
      add(members, roomId, event);
      if (!isWhole.has(room)) lately.set(`${roomId} ${stateKey}`, event);
    }
  }
  keepCurrent(run, lately);
}

/** Remembers members as they were at some position of the range, unless they changed since. */
function keepCurrent(run: SyncRun, read: Map<string, TimelineEvent>): void {
  if (read.size === 0 || run.range.since === undefined) return;
  const complete = replayEntries(run.context.shardLog.tail, run.range.since, (entry) => {
    if (entry.kind !== 'event') return;
    for (const { type, stateKey } of stateChangesOf(entry)) {
      if (type === 'm.room.member') read.delete(`${entry.body.roomId} ${stateKey}`);
    }
  });
  if (!complete) return;
  for (const event of read.values()) {
    const { roomId, stateKey = '' } = event.body;
    run.hub.members.set(roomId, stateKey, event, event.position);
  }
}

function memberKeys(events: readonly TimelineEvent[]): Set<string> {
  const keys = new Set<string>();
  for (const { body } of events) {
    if (body.type === 'm.room.member' && body.stateKey !== undefined) keys.add(body.stateKey);
  }
  return keys;
}

function add(members: Map<string, TimelineEvent[]>, roomId: string, event: TimelineEvent): void {
  const known = members.get(roomId);
  if (known) known.push(event);
  else members.set(roomId, [event]);
}
