import { redactEvent } from '@holdfast/protocol/events/redact-event.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { readPurgeable } from '../storage/rooms/read-purgeable.ts';
import { encodeStoredPdu } from '../storage/rooms/stored-text.ts';
import { rewriteEvent } from '../storage/rooms/write-events.ts';
import { deleteHistoryEnds } from '../storage/rooms/write-room-deletion.ts';

interface PurgeInput {
  readonly roomId: string;
  /** Positions: of what was looked at before, and of the last that may go. */
  readonly after: number;
  readonly upTo: number;
  /** Only what claims to have been sent before this; null: all. */
  readonly beforeMs: number | null;
}

export interface PurgedSlice {
  /** Up to where events have been looked at. */
  readonly position: number;
  readonly purged: number;
  /** How many were looked at; none: it is over. */
  readonly lookedAt: number;
}

const sliceSize = 200;

/**
 * Takes the content of a room's messages away, some at a time, the oldest first. What is left of each is what redaction
 * leaves, so that the log has no hole, unread counts stay right, and other servers' references still lead somewhere; it is
 * in no timeline any more, and is not fetched from other servers again. State stays.
 */
export const purgeEventsCommand: Command<PurgeInput, PurgedSlice> = {
  name: 'purge-events',
  key: ({ roomId }) => roomId,
  releases: 'committed',
  async decide(shard, { roomId, after, upTo, beforeMs }) {
    const room = await findRoom(shard.context, roomId);
    const events = room ? await readPurgeable(shard.context, room, { after, upTo }, sliceSize) : [];
    const last = events.at(-1);
    if (!room || !last) return { result: { position: after, purged: 0, lookedAt: 0 } };
    const old = events.filter(({ pdu }) => beforeMs === null || pdu.origin_server_ts < beforeMs);
    const lookedAt = old.length === 0 ? 0 : events.length;
    const result = { position: last.position, purged: old.length, lookedAt };
    if (old.length === 0) return { result };
    const ends = deleteHistoryEnds(room.id, last.position);
    const committed = shard.append(0, () => ({ entries: [], writes: [...old.map(purgedRow), ...ends] }));
    return { result, committed };
  },
};

function purgedRow({ shard, position, pdu, rules, unsigned }: StoredEvent): Write {
  const text = encodeStoredPdu(redactEvent(pdu, rules), rules, unsigned);
  return rewriteEvent(shard, position, eventFlags.redacted | eventFlags.purged, text);
}
