import { createKeyBackup } from '../../../devices/key-backup-versions.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Begins a new backup of room keys.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3room_keysversion
 */
export const postRoomKeysVersion = defineEndpoint({
  operation: 'postRoomKeysVersion',
  method: 'POST',
  path: '/_matrix/client/v3/room_keys/version',
  authentication: 'user',
  body: {
    type: 'object',
    properties: {
      algorithm: { type: 'string', maxLength: 255, pattern: '^[^\\u0000]*$' },
      auth_data: { type: 'object' },
    },
    required: ['algorithm', 'auth_data'],
  },
  async handle(context, { requester, body }) {
    const version = await createKeyBackup(context, requester.userId, body.algorithm, body.auth_data);
    return { version: String(version) };
  },
});
