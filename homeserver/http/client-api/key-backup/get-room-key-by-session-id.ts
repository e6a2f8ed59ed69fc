import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { readRoomKey } from '../../../devices/read-room-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';
import { backupQuerySchema } from './key-backup-schemas.ts';

/**
 * Gives the key of a session from a backup.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomidsessionid
 */
export const getRoomKeyBySessionId = defineEndpoint({
  operation: 'getRoomKeyBySessionId',
  method: 'GET',
  path: '/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}',
  authentication: 'user',
  query: backupQuerySchema,
  async handle(context, { requester, params, query }) {
    return jsonText(await readRoomKey(context, requester.userId, parseBackupVersion(query.version), params));
  },
});
