import { Readable } from 'node:stream';
import { parseBackupVersion } from '../../../devices/find-key-backup.ts';
import { readRoomKeys } from '../../../devices/read-room-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { bytesReply } from '../../reply.ts';
import { backupQuerySchema } from './key-backup-schemas.ts';

/** Gives all keys from a backup. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeys */
export const getRoomKeys = defineEndpoint({
  operation: 'getRoomKeys',
  method: 'GET',
  path: '/_matrix/client/v3/room_keys/keys',
  authentication: 'user',
  query: backupQuerySchema,
  async handle(context, { requester, query }) {
    const version = parseBackupVersion(query.version);
    const parts = await readRoomKeys(context, requester.userId, version, {});
    return bytesReply(Readable.from(parts), { 'Content-Type': 'application/json' });
  },
});
