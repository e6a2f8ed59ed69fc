import { deleteRoomKeys as deleteBackedUpKeys } from '../../../devices/delete-room-keys.ts';
import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatBackupContents } from './format-key-backup.ts';
import { backupQuerySchema } from './key-backup-schemas.ts';

/**
 * Deletes the keys of a room from a backup.
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeysroomid
 */
export const deleteRoomKeysByRoomId = defineEndpoint({
  operation: 'deleteRoomKeysByRoomId',
  method: 'DELETE',
  path: '/_matrix/client/v3/room_keys/keys/{roomId}',
  authentication: 'user',
  query: backupQuerySchema,
  async handle(context, { requester, params, query }) {
    const version = parseBackupVersion(query.version);
    return formatBackupContents(
      await deleteBackedUpKeys(context, requester.userId, version, { roomId: params.roomId }),
    );
  },
});
