import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { deleteKeyBackupVersion } from '../../../devices/key-backup-versions.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Deletes a backup with all its keys.
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keysversionversion
 */
export const deleteRoomKeysVersion = defineEndpoint({
  operation: 'deleteRoomKeysVersion',
  method: 'DELETE',
  path: '/_matrix/client/v3/room_keys/version/{version}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    await deleteKeyBackupVersion(context, requester.userId, parseBackupVersion(params.version));
    return {};
  },
});
