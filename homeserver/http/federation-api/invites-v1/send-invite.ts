import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import { receiveInvite } from '../../../rooms/remote/receive-invite.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * As version 2 of the operation, for servers that know only rooms of the first two versions.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1inviteroomideventid
 */
export const sendInviteV1 = defineEndpoint({
  operation: 'sendInviteV1',
  method: 'PUT',
  path: '/_matrix/federation/v1/invite/{roomId}/{eventId}',
  authentication: 'server',
  body: { type: 'object' },
  async handle(context, { requester: { serverName: origin }, params: { roomId, eventId }, body: event }) {
    const { unsigned } = event;
    const inviteState = isJsonObject(unsigned) ? unsigned['invite_room_state'] : undefined;
    const signed = await receiveInvite(context, { roomId, eventId, version: '1', event, inviteState, origin });
    return jsonText(`[200,{"event":${signed}}]`);
  },
});
