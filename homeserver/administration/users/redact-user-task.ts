import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../../platform/context.ts';
import { redactEvent } from '../../rooms/redact-event.ts';
import { joinedRoomsOf } from '../../rooms/servers-of-user.ts';
import type { TaskRow } from '../../storage/administration/task-row.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';
import { readEventsOfSender } from '../../storage/rooms/read-events-of-sender.ts';
import { startTask } from '../tasks/start-task.ts';
import type { TaskKind } from '../tasks/task-kind.ts';

const looked = 20_000;
const atOnce = 20;
const maxRooms = 5_000;
const maxFailuresKept = 100;
const defaultMost = 1_000;

/** What is redacted of somebody's messages. */
export interface RedactionWish {
  /** Where; empty: in all rooms that the user is in. */
  readonly rooms: readonly string[];
  readonly reason?: string | undefined;
  /** In each room, the newest first; 1,000 where it is not given. */
  readonly most?: number | undefined;
  /** In the administrator's name, and not in the user's own where that is possible. */
  readonly asAdministrator?: boolean | undefined;
}

interface Input extends Required<Omit<RedactionWish, 'reason'>> {
  readonly reason: string | null;
}

interface Progress {
  /** Of the next room in the list. */
  readonly room: number;
  /** In that room, events from this position on have been looked at. */
  readonly before: number;
  /** In that room. */
  readonly inRoom: number;
  readonly redacted: number;
  /** Why an event could not be redacted, by its id. */
  readonly failed: Readonly<Record<string, string>>;
}

const beginning: Progress = { room: 0, before: Number.MAX_SAFE_INTEGER, inRoom: 0, redacted: 0, failed: {} };

/**
 * Redacts what a user sent, so that it is gone on other servers too: in the user's own name while the user is in the room,
 * otherwise in that of the administrator, where that one may. State and what is redacted already are left. `done` counts rooms.
 */
export const redactUserTask: TaskKind = {
  name: 'redact-user',
  async step(context, task) {
    const input = task.input as unknown as Input;
    const at: Progress = { ...beginning, ...(task.progress as Partial<Progress>) };
    const roomId = input.rooms[at.room];
    if (roomId === undefined) return stepOf(at, input, true);
    const room = await findRoom(context, roomId);
    const range = { sender: task.subject, before: at.before };
    const limit = Math.min(atOnce, input.most - at.inRoom);
    const found = room ? await readEventsOfSender(context, room, range, { looked, limit }) : undefined;
    const failed: Record<string, string> = { ...at.failed };
    let { redacted } = at;
    for (const event of found?.events ?? []) {
      const why = await redactOne(context, task, input, event);
      if (why === undefined) redacted++;
      else if (Object.keys(failed).length < maxFailuresKept) failed[event.eventId] = why;
    }
    const inRoom = at.inRoom + (found?.events.length ?? 0);
    if (found?.before !== undefined && inRoom < input.most) {
      return stepOf({ room: at.room, before: found.before, inRoom, redacted, failed }, input, false);
    }
    const next = { ...beginning, room: at.room + 1, redacted, failed };
    return stepOf(next, input, next.room >= input.rooms.length);
  },
};

function stepOf(progress: Progress, { rooms }: Input, isOver: boolean) {
  return { progress: { ...progress }, done: Math.min(progress.room, rooms.length), total: rooms.length, isOver };
}

/** Why it could not be done; undefined: it was. Throws what may pass. */
async function redactOne(
  context: Context,
  { id, requestedBy, subject }: TaskRow,
  { reason, asAdministrator }: Input,
  { roomId, eventId }: StoredEvent,
): Promise<string | undefined> {
  const isOwn = parseUserId(subject)?.serverName === context.serverName;
  const inWhoseName = isOwn && !asAdministrator ? [subject, requestedBy] : [requestedBy];
  let why = 'nobody may';
  for (const userId of inWhoseName) {
    try {
      await redactEvent(context, {
        ...{ roomId, userId, redacts: eventId, content: reason === null ? {} : { reason }, operation: 'redact' },
        transaction: { deviceId: '', transactionId: `${id} ${eventId}` },
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof MatrixError) || error.status >= 500) throw error;
      why = error.message;
    }
  }
  return why;
}

/** Starts to redact what a user sent. Gives the task's id. Throws M_INVALID_PARAM. */
export async function startRedaction(
  context: Context,
  operator: string,
  userId: string,
  wish: RedactionWish,
): Promise<string> {
  if (!parseUserId(userId)) throw new MatrixError('M_INVALID_PARAM', `${userId} is no user id`);
  const rooms = wish.rooms.length > 0 ? wish.rooms : await joinedRoomsOf(context, userId);
  const input = {
    ...{ rooms: rooms.slice(0, maxRooms), reason: wish.reason ?? null },
    ...{ most: wish.most ?? defaultMost, asAdministrator: wish.asAdministrator ?? false },
  };
  const shard = shardOfUser(context, userId);
  return await startTask(context, {
    ...{ kind: redactUserTask.name, subject: userId, shard, input, requestedBy: operator },
  });
}
