import { Readable } from 'node:stream';
import { tellEventAuth } from '../../../rooms/history/tell-state.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { bytesReply } from '../../reply.ts';

/**
 * The events that give an event its authority, and theirs. Errors: M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1event_authroomideventid
 */
export const getEventAuth = defineEndpoint({
  operation: 'getEventAuth',
  method: 'GET',
  path: '/_matrix/federation/v1/event_auth/{roomId}/{eventId}',
  authentication: 'server',
  isHeavy: true,
  async handle(context, { requester, params: { roomId, eventId } }) {
    const parts = await tellEventAuth(context, requester.serverName, roomId, eventId);
    return bytesReply(Readable.from(parts, { objectMode: false }), { 'Content-Type': 'application/json' });
  },
});
