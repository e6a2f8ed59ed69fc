import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { readChangedRooms, readFiguresPosition } from '../../storage/administration/read-changed-rooms.ts';
import { readRoomFigures } from '../../storage/administration/read-room-figures.ts';
import { putRoomFigures, saveFiguresPosition } from '../../storage/administration/write-room-figures.ts';

const intervalMs = 10_000;

interface Progress {
  /** Up to where the figures hold. */
  readonly position: number;
}

/** Brings the figures of some rooms of a shard up to date, up to `end`. Repeating it does no harm. */
export const refreshRoomFiguresCommand: Command<{ readonly end: number }, Progress> = {
  name: 'refresh-room-figures',
  key: () => 'room-figures',
  releases: 'committed',
  async decide(shard, { end }) {
    const { context, id } = shard;
    const after = await readFiguresPosition(context.database, id);
    if (after >= end) return { result: { position: after } };
    const { rooms, upTo } = await readChangedRooms(context.database, id, after, end);
    const figures = await readRoomFigures(context, rooms);
    const writes = [...[...figures].map(([room, each]) => putRoomFigures(room, each)), saveFiguresPosition(id, upTo)];
    return { result: { position: upTo }, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

/** Brings the figures of all rooms of a shard up to date with what is committed now. */
export async function refreshRoomFigures(context: Context, shard: number): Promise<number> {
  const end = context.shardLog.tail.position(shard);
  for (;;) {
    const { position } = await context.shardLog.submit(refreshRoomFiguresCommand, shard, { end });
    if (position >= end) return position;
  }
}

/** Follows the shards of this process. Where nothing happens nothing is asked. Gives what ends it. */
export function startRoomFigures(context: Context): () => Promise<void> {
  const { clock, log, shardLog } = context;
  const stopping = new AbortController();
  const done = new Map<number, number>();
  const follow = async () => {
    while (!stopping.signal.aborted) {
      for (const shard of shardLog.ownedShards()) {
        if (stopping.signal.aborted || (done.get(shard) ?? -1) >= shardLog.tail.position(shard)) continue;
        await refreshRoomFigures(context, shard).then(
          (position) => done.set(shard, position),
          (error: unknown) => log.info({ err: error, shard }, 'the figures of rooms could not be refreshed'),
        );
      }
      await clock.sleep(intervalMs, stopping.signal);
    }
  };
  const following = follow();
  return async () => {
    stopping.abort();
    await following;
  };
}
