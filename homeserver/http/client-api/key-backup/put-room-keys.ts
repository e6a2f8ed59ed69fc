import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { storeRoomKeys } from '../../../devices/store-room-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatBackupContents } from './format-key-backup.ts';
import { backupQuerySchema, roomKeyBackupSchema } from './key-backup-schemas.ts';

/**
 * Stores keys of several rooms in the current backup.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeys
 */
export const putRoomKeys = defineEndpoint({
  operation: 'putRoomKeys',
  method: 'PUT',
  path: '/_matrix/client/v3/room_keys/keys',
  authentication: 'user',
  query: backupQuerySchema,
  body: {
    type: 'object',
    properties: { rooms: { type: 'object', additionalProperties: roomKeyBackupSchema } },
    required: ['rooms'],
  },
  async handle(context, { requester, query, body }) {
    const rooms = Object.fromEntries(Object.entries(body.rooms).map(([roomId, { sessions }]) => [roomId, sessions]));
    const version = parseBackupVersion(query.version);
    return formatBackupContents(await storeRoomKeys(context, requester.userId, version, rooms));
  },
});
