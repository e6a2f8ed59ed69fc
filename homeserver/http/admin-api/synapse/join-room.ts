import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { changeMembership } from '../../../rooms/change-membership.ts';
import { findRoomByName } from '../../../rooms/directory/resolve-alias.ts';
import { resolveOrAsk } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * Has a user of this server join a room that everybody may join, or that the user is invited to. Errors: M_INVALID_PARAM
 * (of another server), M_NOT_FOUND, M_FORBIDDEN, and those of joinRoom.
 * https://element-hq.github.io/synapse/latest/admin_api/room_membership.html
 */
export const joinRoomV1 = defineEndpoint({
  operation: 'joinRoomV1',
  method: 'POST',
  path: '/_synapse/admin/v1/join/{roomIdOrAlias}',
  authentication: 'admin',
  body: { type: 'object', properties: { user_id: plainText(255) }, required: ['user_id'] },
  async handle(context, { params, body: { user_id: userId } }) {
    const account = await findOwnAccount(context, userId);
    if (account.isDeactivated) throw new MatrixError('M_NOT_FOUND', 'This account has been deactivated');
    const { roomId, servers } = await resolveOrAsk(context, params.roomIdOrAlias, findRoomByName);
    await changeMembership(context, { roomId, action: 'join', sender: userId, target: userId, via: servers });
    return { room_id: roomId };
  },
});
