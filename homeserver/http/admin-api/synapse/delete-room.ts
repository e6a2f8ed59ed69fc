import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { startRoomDeletion } from '../../../administration/rooms/delete-room-task.ts';
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

/** Throws M_INVALID_PARAM where a new room is wanted. */
export function checkNoNewRoom({
  new_room_user_id: newOwner,
}: {
  readonly new_room_user_id?: string | undefined;
}): void {
  if (newOwner !== undefined) throw new MatrixError('M_INVALID_PARAM', 'No room is made in place of a deleted one');
}

/** Who was in it is not kept. */
export const noShutdown = { kicked_users: [], failed_to_kick_users: [], local_aliases: [], new_room_id: null } as const;

/**
 * Takes everybody of this server out of a room and deletes it; gives the id of a task. No new room is made for those who
 * were in it. Errors: M_NOT_FOUND, M_INVALID_PARAM (new_room_user_id).
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#version-2-new-version
 */
export const deleteRoomV2 = defineEndpoint({
  operation: 'deleteRoomV2',
  method: 'DELETE',
  path: '/_synapse/admin/v2/rooms/{roomId}',
  authentication: 'admin',
  body: deleteRoomBody,
  async handle(context, { requester, params, body }) {
    const { block = false, purge = true } = body;
    checkNoNewRoom(body);
    return { delete_id: await startRoomDeletion(context, requester.userId, params.roomId, { block, purge }) };
  },
});

const states = { running: 'active', done: 'complete', failed: 'failed', cancelled: 'failed' } as const;

function formatDeletion({ id, subject, state, error }: TaskRow) {
  return {
    ...{ delete_id: id, room_id: subject, status: states[state] },
    ...(state === 'failed' && { error }),
    ...(state === 'cancelled' && { error: 'Cancelled' }),
    shutdown_room: noShutdown,
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
