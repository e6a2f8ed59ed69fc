import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { RoomName } from '../storage/names/room-names.ts';

/** What fetches missing events in a process, as far as commands know it. */
export interface GapFillerOfProcess {
  /**
   * Events of a room of this process's shards wait for others. Resolves with the attempt that begins by it, at once where
   * none does: what takes long is waited for once. Never throws.
   */
  wake(roomId: string): Promise<void>;
}

/** Undefined in processes that fetch nothing, such as a command of the command line. */
export const gapFillers = perContext<Context, { filler?: GapFillerOfProcess }>(() => ({}));

/** Of a transaction, for what is asked on its account. */
const longestWaitMs = 1_000;

/** Tells the owner of a room that events wait for others, and waits a moment for what comes of it. */
export const fillGapsCommand: Command<{ readonly roomId: string }, null> = {
  name: 'fill-gaps',
  key: ({ roomId }) => `fill-gaps ${roomId}`,
  releases: 'decided',
  async decide({ context }, { roomId }) {
    const attempt = gapFillers.of(context).filler?.wake(roomId);
    if (attempt) await forAWhile(context, attempt);
    // Nothing was decided on what is not committed.
    return { result: null, committed: Promise.resolve() };
  },
};

async function forAWhile({ clock }: Context, work: Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.startTimer(longestWaitMs, resolve);
    void work.finally(() => {
      timer.cancel();
      resolve();
    });
  });
}

/**
 * Has the events fetched that others of a room wait for, and waits a moment for them: so a server that can be asked at
 * once sends nothing further before what it sent has its place, and hears what became of it. A call that is lost is made
 * up for by a look every few seconds.
 */
export async function fillGaps(context: Context, room: RoomName): Promise<void> {
  try {
    await context.shardLog.submit(fillGapsCommand, room.shard, { roomId: room.roomId });
  } catch (error) {
    context.log.debug({ roomId: room.roomId, err: error }, 'a gap is filled later');
  }
}
