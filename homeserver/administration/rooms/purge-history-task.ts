import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { purgeEventsCommand } from '../../rooms/purge-events.ts';
import { readEventById } from '../../storage/rooms/read-events.ts';
import { afterTheLast, beforeTheFirst, countPurgeable } from '../../storage/rooms/read-purgeable.ts';
import { startTask } from '../tasks/start-task.ts';
import type { TaskKind } from '../tasks/task-kind.ts';
import { requireRoom } from './describe-room.ts';

/** Before when, or before which event, messages go. */
export interface PurgeLimit {
  readonly beforeMs?: number | undefined;
  readonly beforeEventId?: string | undefined;
}

/** Purges messages of a room: their content is taken away, see rooms/purge-events.ts. `done` counts those looked at. */
export const purgeHistoryTask: TaskKind = {
  name: 'purge-history',
  async step(context, { subject: roomId, input, progress, done, total }) {
    const room = await requireRoom(context, roomId);
    const [upTo, beforeMs] = [Number(input['upTo']), input['beforeMs'] === null ? null : Number(input['beforeMs'])];
    const after = typeof progress['after'] === 'number' ? progress['after'] : beforeTheFirst;
    const whole = total ?? (await countPurgeable(context, room, { after, upTo }));
    const slice = { roomId, after, upTo, beforeMs };
    const { position, purged, lookedAt } = await context.shardLog.submit(purgeEventsCommand, room.shard, slice);
    const already = typeof progress['purged'] === 'number' ? progress['purged'] : 0;
    return {
      progress: { after: position, purged: already + purged },
      ...{ done: done + lookedAt, total: whole, isOver: lookedAt === 0 },
    };
  },
};

/**
 * Starts to purge the messages of a room. Gives the task's id. Throws M_NOT_FOUND (room, or event in it) and
 * M_INVALID_PARAM unless exactly one limit is given.
 */
export async function startPurge(
  context: Context,
  operator: string,
  roomId: string,
  { beforeMs, beforeEventId }: PurgeLimit,
): Promise<string> {
  const room = await requireRoom(context, roomId);
  if ((beforeMs === undefined) === (beforeEventId === undefined)) {
    throw new MatrixError('M_INVALID_PARAM', 'Either a time or an event says up to where history is purged');
  }
  const event = beforeEventId === undefined ? undefined : await readEventById(context, beforeEventId);
  if (beforeEventId !== undefined && event?.roomNumber !== room.id) {
    throw new MatrixError('M_NOT_FOUND', 'There is no such event in this room');
  }
  const input = { upTo: event ? event.position - 1 : afterTheLast, beforeMs: beforeMs ?? null };
  const { name: kind } = purgeHistoryTask;
  return await startTask(context, { kind, subject: roomId, shard: room.shard, input, requestedBy: operator });
}
