import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { type DeletionWish, reportOf, startRoomDeletion } from '../../../administration/rooms/delete-room-task.ts';
import { findTask } from '../../../administration/tasks/start-task.ts';
import { readTasks } from '../../../storage/administration/read-tasks.ts';
import type { TaskRow } from '../../../storage/administration/task-row.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/** What both versions take. */
export const deleteRoomBody = {
  type: 'object',
  properties: {
    block: { type: 'boolean' },
    purge: { type: 'boolean' },
    force_purge: { type: 'boolean' },
    new_room_user_id: plainText(255),
    room_name: plainText(255),
    message: plainText(10_000),
  },
} as const;

interface DeleteRoomBody {
  readonly block?: boolean | undefined;
  readonly purge?: boolean | undefined;
  readonly new_room_user_id?: string | undefined;
  readonly room_name?: string | undefined;
  readonly message?: string | undefined;
}

export function readDeletionWish(body: DeleteRoomBody): DeletionWish {
  const { block = false, purge = true, new_room_user_id: owner, room_name: name, message } = body;
  return { block, purge, notice: owner === undefined ? undefined : { owner, name, message } };
}

/** Whom a deletion took out, a thousand of each kind at most; nobody where there was no deletion. */
export function formatShutdown(task: TaskRow | undefined) {
  const { left, stayed, aliases } = task ? reportOf(task) : { left: [], stayed: [], aliases: [] };
  const newRoom = task?.input['noticeRoom'];
  return {
    ...{ kicked_users: left, failed_to_kick_users: stayed, local_aliases: aliases },
    new_room_id: typeof newRoom === 'string' ? newRoom : null,
  };
}

/**
 * Takes everybody of this server out of a room and deletes it; gives the id of a task. With `new_room_user_id` they are
 * taken to a new room where only that user can speak. Errors: M_NOT_FOUND, M_INVALID_PARAM (new_room_user_id).
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#version-2-new-version
 */
export const deleteRoomV2 = defineEndpoint({
  operation: 'deleteRoomV2',
  method: 'DELETE',
  path: '/_synapse/admin/v2/rooms/{roomId}',
  authentication: 'admin',
  body: deleteRoomBody,
  async handle(context, { requester, params, body }) {
    return { delete_id: await startRoomDeletion(context, requester.userId, params.roomId, readDeletionWish(body)) };
  },
});

const states = { running: 'active', done: 'complete', failed: 'failed', cancelled: 'failed' } as const;

function formatDeletion(task: TaskRow) {
  const { id, subject, state, error } = task;
  return {
    ...{ delete_id: id, room_id: subject, status: states[state] },
    ...(state === 'failed' && { error }),
    ...(state === 'cancelled' && { error: 'Cancelled' }),
    shutdown_room: formatShutdown(task),
  };
}

/** How far the deletions of a room are. Error: M_NOT_FOUND. */
export const listRoomDeletions = defineEndpoint({
  operation: 'listRoomDeletions',
  method: 'GET',
  path: '/_synapse/admin/v2/rooms/{roomId}/delete_status',
  authentication: 'admin',
  async handle({ database }, { params: { roomId } }) {
    const tasks = await readTasks(database, { offset: 0, limit: 100, subject: roomId });
    const deletions = tasks.filter(({ kind }) => kind === 'delete-room');
    if (deletions.length === 0) throw new MatrixError('M_NOT_FOUND', 'No deletion of this room is known');
    return { results: deletions.map(formatDeletion) };
  },
});

/** How far a deletion is. Error: M_NOT_FOUND. */
export const getRoomDeletion = defineEndpoint({
  operation: 'getRoomDeletion',
  method: 'GET',
  path: '/_synapse/admin/v2/rooms/delete_status/{deleteId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const task = await findTask(context, params.deleteId);
    if (task.kind !== 'delete-room') throw new MatrixError('M_NOT_FOUND', 'There is no such deletion');
    return formatDeletion(task);
  },
});
