import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { RoomName } from '../storage/names/room-names.ts';

/** What fetches missing events in a process, as far as commands know it. */
export interface GapFillerOfProcess {
  /** Events of a room of this process's shards wait for others. */
  wake(roomId: string): void;
}

/** Undefined in processes that fetch nothing, such as a command of the command line. */
export const gapFillers = perContext<Context, { filler?: GapFillerOfProcess }>(() => ({}));

/** Tells the owner of a room that events wait for others. */
export const fillGapsCommand: Command<{ readonly roomId: string }, null> = {
  name: 'fill-gaps',
  key: ({ roomId }) => `fill-gaps ${roomId}`,
  releases: 'decided',
  decide(shard, { roomId }) {
    gapFillers.of(shard.context).filler?.wake(roomId);
    // Nothing was decided on what is not committed.
    return { result: null, committed: Promise.resolve() };
  },
};

/** Has the events fetched that others of a room wait for. A call that is lost is made up for by a look every few seconds. */
export function fillGapsSoon(context: Context, room: RoomName): void {
  context.shardLog
    .submit(fillGapsCommand, room.shard, { roomId: room.roomId })
    .catch((error: unknown) => context.log.debug({ roomId: room.roomId, err: error }, 'a gap is filled later'));
}
