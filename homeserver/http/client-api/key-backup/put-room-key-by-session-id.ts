import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { storeRoomKeys } from '../../../devices/store-room-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatBackupContents } from './format-key-backup.ts';
import { backupQuerySchema, keyBackupDataSchema } from './key-backup-schemas.ts';

/**
 * Stores the key of a session in the current backup.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomidsessionid
 */
export const putRoomKeyBySessionId = defineEndpoint({
  operation: 'putRoomKeyBySessionId',
  method: 'PUT',
  path: '/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}',
  authentication: 'user',
  query: backupQuerySchema,
  body: keyBackupDataSchema,
  async handle(context, { requester, params, query, body }) {
    const version = parseBackupVersion(query.version);
    return formatBackupContents(
      await storeRoomKeys(context, requester.userId, version, { [params.roomId]: { [params.sessionId]: body } }),
    );
  },
});
