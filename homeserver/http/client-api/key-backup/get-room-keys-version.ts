import { findKeyBackup, parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatKeyBackup } from './format-key-backup.ts';

/** Tells of a backup. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversionversion */
export const getRoomKeysVersion = defineEndpoint({
  operation: 'getRoomKeysVersion',
  method: 'GET',
  path: '/_matrix/client/v3/room_keys/version/{version}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    return formatKeyBackup(await findKeyBackup(context, requester.userId, parseBackupVersion(params.version)));
  },
});
