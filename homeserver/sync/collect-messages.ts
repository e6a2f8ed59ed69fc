import { matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import { peekKeyCounts } from '../devices/key-counts.ts';
import { isInboxKnownEmpty } from '../devices/receive-to-device.ts';
import { partialRoomsOf } from '../rooms/remote/partial-rooms.ts';
import { cachedRoom } from '../storage/names/room-names.ts';
import { type CollectedReply, keyCountsText, replyOf, roomsText } from './collect-reply.ts';
import { takesWholeTimeline, timelineLimit } from './collect-timelines.ts';
import type { RangeDigest, RoomDigest } from './digest-range.ts';
import { isOwnTransaction } from './event-text.ts';
import type { RoomDraft } from './room-draft.ts';
import { roomText } from './room-text.ts';
import { type SyncRun, sinceIn, toIn } from './sync-run.ts';

const noRooms: ReadonlyMap<string, string> = new Map();

/**
 * What `collectReply` gives, at once and without a promise, for most of what happens: nothing, or messages of others in
 * rooms where the user was all the time, to a client with an ordinary filter. A message in a room of thousands is told to
 * each of them, and what that costs is what a busy server does. Undefined: it takes more than that.
 */
export function collectMessages(run: SyncRun): CollectedReply | undefined {
  const { context, request, digest, user, hub } = run;
  if (!digest?.onlyMessages || !isInboxKnownEmpty(context, request)) return undefined;
  const counts = peekKeyCounts(context, request.userId, request.deviceId);
  if (!counts) return undefined;
  const rooms = new Map<string, string>();
  for (const [roomId, { shard, events }] of digest.rooms) {
    if (!user.isJoined(roomId) || !matchesRoom(request.filter.room, roomId)) continue;
    const text = takesMessages(run, roomId, digest) ? messagesText(run, roomId, shard, events) : undefined;
    if (text === undefined) return undefined;
    rooms.set(roomId, text);
  }
  // Not before the last reason to give up: afterwards they count as sent.
  if (request.filter.room.state.lazyLoadMembers) {
    for (const roomId of rooms.keys()) hub.sentMembers.note(request, roomId, [], run.range.to);
  }
  return replyOf(run, rooms.size === 0 ? '' : roomsText({ join: rooms, leave: noRooms }), keyCountsText(counts));
}

/** Whether nothing but the messages themselves has to be told of a room. */
function takesMessages(run: SyncRun, roomId: string, digest: RangeDigest): boolean {
  const { context, hub, request, reader } = run;
  const { lazyLoadMembers, includeRedundantMembers } = request.filter.room.state;
  if (!takesWholeTimeline(run) || reader.filter.eventFields || reader.filter.eventFormat !== 'client') return false;
  // Who wants to know all members hears of a room only when they are known.
  if (!lazyLoadMembers) return partialRoomsOf(context).wholeSince(roomId) === undefined;
  const senders = digest.rooms.get(roomId)?.events.map(({ body }) => body.sender) ?? [];
  return !includeRedundantMembers && senders.every((sender) => hub.sentMembers.has(request, roomId, sender));
}

function messagesText(run: SyncRun, roomId: string, shard: number, entries: RoomDigest['events']): string | undefined {
  const { context, hub, reader, user } = run;
  const room = cachedRoom(context, roomId);
  const unread = user.unread.get(roomId);
  if (!room || !unread) return undefined;
  const limit = timelineLimit(run);
  const events = limit === 0 ? [] : entries.slice(-limit);
  if (events.some((event) => isOwnTransaction(event, reader) || hub.redactions.get(event.body.eventId)))
    return undefined;
  const draft: RoomDraft = {
    target: {
      ...{ roomId, room: room.id, shard, section: 'join', scope: 'room', memberships: undefined },
      ...{ since: sinceIn(run, shard), upTo: toIn(run, shard) },
    },
    timeline: { events, limited: entries.length > limit },
    entries,
    wholeState: false,
  };
  return roomText(run, { draft, unread, state: [], summary: undefined, ephemeral: [], accountData: [] });
}
