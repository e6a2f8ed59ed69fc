import { Readable } from 'node:stream';
import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { readRoomKeys } from '../../../devices/read-room-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { bytesReply } from '../../reply.ts';
import { backupQuerySchema } from './key-backup-schemas.ts';

/**
 * Gives the keys of a room from a backup.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomid
 */
export const getRoomKeysByRoomId = defineEndpoint({
  operation: 'getRoomKeysByRoomId',
  method: 'GET',
  path: '/_matrix/client/v3/room_keys/keys/{roomId}',
  authentication: 'user',
  query: backupQuerySchema,
  async handle(context, { requester, params, query }) {
    const version = parseBackupVersion(query.version);
    const parts = await readRoomKeys(context, requester.userId, version, { roomId: params.roomId });
    return bytesReply(Readable.from(parts), { 'Content-Type': 'application/json' });
  },
});
