import type { Command } from '../platform/shard-log/command.ts';
import { deleteReceivedPdu } from '../storage/rooms/write-received-pdus.ts';
import { hotRooms } from './hot-rooms.ts';

/** Forgets received events that wait for others, since nobody has those. They can come again. */
export const dropWaitingEventsCommand: Command<
  { readonly roomId: string; readonly eventIds: readonly string[] },
  null
> = {
  name: 'drop-waiting-events',
  key: ({ roomId }) => roomId,
  releases: 'decided',
  async decide(shard, { roomId, eventIds }) {
    const room = await shard.remember(hotRooms).load(roomId);
    if (!room) return { result: null };
    const waiting = eventIds.filter((eventId) => room.waiting.delete(eventId));
    const committed = shard.append(0, () => ({
      entries: [],
      writes: waiting.map((eventId) => deleteReceivedPdu(room.name.id, eventId)),
    }));
    return { result: null, committed };
  },
};
