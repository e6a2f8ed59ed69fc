import { findKeyBackup } from '../../../devices/find-key-backup.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatKeyBackup } from './format-key-backup.ts';

/** Tells of the current backup. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keysversion */
export const getRoomKeysVersionCurrent = defineEndpoint({
  operation: 'getRoomKeysVersionCurrent',
  method: 'GET',
  path: '/_matrix/client/v3/room_keys/version',
  authentication: 'user',
  async handle(context, { requester }) {
    return formatKeyBackup(await findKeyBackup(context, requester.userId));
  },
});
