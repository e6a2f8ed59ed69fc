import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { changeMembership } from '../../rooms/change-membership.ts';
import { deleteRoomRowsCommand } from '../../rooms/delete-room-rows.ts';
import { releaseAlias } from '../../rooms/directory/claim-alias.ts';
import { setDirectoryVisibility } from '../../rooms/directory/publish-room.ts';
import { countLocalPeople, type LocalPerson, readLocalPeople } from '../../storage/administration/read-local-people.ts';
import { readReaderPositions } from '../../storage/administration/read-reader-positions.ts';
import { readRoomSize } from '../../storage/administration/read-room-size.ts';
import type { TaskRow } from '../../storage/administration/task-row.ts';
import { readAliasesOfRoom } from '../../storage/directory/read-aliases.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { beforeTheFirst } from '../../storage/rooms/read-purgeable.ts';
import { startTask } from '../tasks/start-task.ts';
import type { TaskKind, TaskStep } from '../tasks/task-kind.ts';
import { setRoomBlocked } from './block-room.ts';
import { requireRoom } from './describe-room.ts';
import { makeNoticeRoom, type NoticeRoom } from './make-notice-room.ts';

/** Whom and what a deletion took out of a room, as far as there is room for it. */
export interface DeletionReport {
  readonly left: string[];
  readonly stayed: string[];
  readonly aliases: string[];
}

/** What a deletion goes through, in this order. */
type Progress = { readonly refused: number; readonly report: DeletionReport } & (
  | { readonly phase: 'people'; readonly after: number }
  | { readonly phase: 'settling'; readonly position: number; readonly looks: number }
  | { readonly phase: 'rows'; readonly after: number }
);

const emptyReport: DeletionReport = { left: [], stayed: [], aliases: [] };
/** Of each kind. A task's progress is written after each step. */
const mostReported = 1_000;
const peopleAtOnce = 20;
const settlePauseMs = 1_000;
/** Other servers are told that we have left before what says so is deleted; those that do not answer are not waited for. */
const maxSettleLooks = 60;

/**
 * Takes all users of this server out of a room, takes it out of the directory, and with `purge` deletes what is stored of
 * it. `done` counts people, then rows of the table of events.
 */
export const deleteRoomTask: TaskKind = {
  name: 'delete-room',
  async step(context, task) {
    const room = await requireRoom(context, task.subject);
    const progress = progressOf(task);
    switch (progress.phase) {
      case 'people':
        return await takePeopleOut(context, room, task, progress);
      case 'settling':
        return await settle(context, room, task, progress);
      default:
        return await deleteRows(context, room, task, progress);
    }
  },
};

function progressOf({ progress }: TaskRow): Progress {
  if (!('phase' in progress)) return { phase: 'people', after: 0, refused: 0, report: emptyReport };
  const stored = progress as unknown as Omit<Progress, 'report'> & Partial<Pick<Progress, 'report'>>;
  return { ...stored, report: stored.report ?? emptyReport } as Progress;
}

/** What a deletion has done so far. */
export function reportOf(task: TaskRow): DeletionReport {
  return progressOf(task).report;
}

function step(task: TaskRow, progress: Progress, rest: Partial<TaskStep> = {}): TaskStep {
  return {
    progress: { ...progress, report: { ...progress.report } },
    done: task.done,
    total: task.total,
    isOver: false,
    ...rest,
  };
}

async function takePeopleOut(
  context: Context,
  room: RoomName,
  task: TaskRow,
  { after, refused, report }: Extract<Progress, { phase: 'people' }>,
): Promise<TaskStep> {
  const total = task.total ?? (await countLocalPeople(context, room.id));
  const people = await readLocalPeople(context, room.id, after, peopleAtOnce);
  const last = people.at(-1);
  if (last) {
    const noticeRoom = task.input['noticeRoom'];
    const hasLeft = await Promise.all(
      people.map(async (person) => {
        if (typeof noticeRoom === 'string') await join(context, noticeRoom, person);
        return await leave(context, room, person);
      }),
    );
    const [left, stayed] = [true, false].map((outcome) =>
      people.filter((_, index) => hasLeft[index] === outcome).map(({ userId }) => userId),
    ) as [string[], string[]];
    const next = {
      ...({ phase: 'people', after: last.number, refused: refused + stayed.length } as const),
      report: { ...report, left: add(report.left, left), stayed: add(report.stayed, stayed) },
    };
    return step(task, next, { done: task.done + people.length, total });
  }
  const aliases = await readAliasesOfRoom(context, room.roomId);
  const whole = { ...report, aliases: add(report.aliases, aliases) };
  for (const alias of aliases) await releaseAlias(context, alias, room.roomId);
  await setDirectoryVisibility(context, { userId: task.requestedBy, isAdmin: true }, room.roomId, 'private');
  if (task.input['purge'] !== true)
    return step(task, { phase: 'people', after, refused, report: whole }, { total, isOver: true });
  const position = context.shardLog.tail.position(room.shard);
  return step(task, { phase: 'settling', position, looks: 0, refused, report: whole }, { total });
}

function add(known: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...known, ...more])].slice(0, mostReported);
}

/** Before leaving, so that a step that is done again finds whoever is not there yet. Whom it refuses leaves all the same. */
async function join(context: Context, roomId: string, { userId }: LocalPerson): Promise<void> {
  try {
    await changeMembership(context, { roomId, action: 'join', sender: userId, target: userId });
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status === 503) throw error;
    context.log.info({ err: error, userId, roomId }, 'a user could not be told why a room was deleted');
  }
}

/** False where the room, or the server that invited, refuses it: then the user stays, and is counted. */
async function leave(context: Context, { roomId }: RoomName, { userId }: LocalPerson): Promise<boolean> {
  try {
    await changeMembership(context, { roomId, action: 'leave', sender: userId, target: userId });
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status === 503) throw error;
    context.log.info({ err: error, userId, roomId }, 'a user could not be taken out of a room');
    return false;
  }
}

async function settle(
  context: Context,
  room: RoomName,
  task: TaskRow,
  { position, looks, refused, report }: Extract<Progress, { phase: 'settling' }>,
): Promise<TaskStep> {
  const readers = await readReaderPositions(context.database);
  const { enabled } = context.config.federation;
  const isTold = !enabled || readers.every((each) => each.shard !== room.shard || isPast(each, position));
  if (!isTold && looks < maxSettleLooks) {
    const next = { phase: 'settling', position, looks: looks + 1, refused, report } as const;
    return step(task, next, { pauseMs: settlePauseMs });
  }
  const { eventCount } = await readRoomSize(context.database, room.id);
  return step(
    task,
    { phase: 'rows', after: beforeTheFirst, refused, report },
    { done: 0, total: Math.max(1, eventCount) },
  );
}

/** Those who send to other servers have passed the position. */
function isPast(reader: { readonly reader: string; readonly position: number }, position: number): boolean {
  return !reader.reader.startsWith('federation ') || reader.position >= position;
}

async function deleteRows(
  context: Context,
  room: RoomName,
  task: TaskRow,
  { after, refused, report }: Extract<Progress, { phase: 'rows' }>,
): Promise<TaskStep> {
  // Who could not leave is in the room still: deleting it would be a lie.
  if (refused > 0) throw new MatrixError('M_FORBIDDEN', `${refused} users could not be taken out of the room`);
  const slice = { roomId: room.roomId, after };
  const deleted = await context.shardLog.submit(deleteRoomRowsCommand, room.shard, slice);
  const moved = deleted.position > after ? deleted.deleted : 0;
  const next = { phase: 'rows', after: deleted.position, refused, report } as const;
  return step(task, next, { done: task.done + moved, isOver: deleted.isOver });
}

export interface DeletionWish {
  /** Nobody of this server may come back. */
  readonly block: boolean;
  /** Delete what is stored of it. */
  readonly purge: boolean;
  /** A room that its people are taken to, where they read why. */
  readonly notice?: NoticeRoom | undefined;
}

/**
 * Starts to delete a room; blocking takes effect at once, and the room for its people is there. Gives the task's id.
 * Throws M_NOT_FOUND; M_INVALID_PARAM where the notice is not of a user of this server.
 */
export async function startRoomDeletion(
  context: Context,
  operator: string,
  roomId: string,
  { block, purge, notice }: DeletionWish,
): Promise<string> {
  const room = await requireRoom(context, roomId);
  if (block) await setRoomBlocked(context, roomId, true, operator);
  const { name: kind } = deleteRoomTask;
  const noticeRoom = notice && (await makeNoticeRoom(context, notice));
  const input = { block, purge, ...(noticeRoom !== undefined && { noticeRoom }) };
  return await startTask(context, { kind, subject: roomId, shard: room.shard, input, requestedBy: operator });
}
