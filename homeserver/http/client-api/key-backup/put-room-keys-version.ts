import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { updateKeyBackupAuthData } from '../../../devices/key-backup-versions.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Changes the `auth_data` of a backup.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keysversionversion
 */
export const putRoomKeysVersion = defineEndpoint({
  operation: 'putRoomKeysVersion',
  method: 'PUT',
  path: '/_matrix/client/v3/room_keys/version/{version}',
  authentication: 'user',
  body: {
    type: 'object',
    properties: { algorithm: { type: 'string' }, auth_data: { type: 'object' }, version: { type: 'string' } },
    required: ['algorithm', 'auth_data'],
  },
  async handle(context, { requester, params, body }) {
    const { algorithm, auth_data: authData } = body;
    if (body.version !== undefined && body.version !== params.version) {
      throw new MatrixError('M_INVALID_PARAM', 'The version in the body is another than in the path');
    }
    const version = parseBackupVersion(params.version);
    await updateKeyBackupAuthData(context, requester.userId, version, algorithm, authData);
    return {};
  },
});
