import { getPresence as getUserPresence } from '../../../ephemeral/user-presence.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The presence of a user, for those who share a room.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3presenceuseridstatus
 */
export const getPresence = defineEndpoint({
  operation: 'getPresence',
  method: 'GET',
  path: '/_matrix/client/v3/presence/{userId}/status',
  authentication: 'user',
  async handle(context, { requester, params: { userId } }) {
    const presence = await getUserPresence(context, requester.userId, userId);
    if (!presence) return { presence: 'offline' };
    const { state, statusMessage, lastActiveMs, currentlyActive } = presence;
    return {
      presence: state,
      last_active_ago: Math.max(0, context.clock.wallMs() - lastActiveMs),
      ...(state === 'online' && { currently_active: currentlyActive }),
      ...(statusMessage !== undefined && { status_msg: statusMessage }),
    };
  },
});
