import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whose access token it is.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3accountwhoami
 */
export const getTokenOwner = defineEndpoint({
  operation: 'getTokenOwner',
  method: 'GET',
  path: '/_matrix/client/v3/account/whoami',
  authentication: 'user',
  handle: (_context, { requester }) => ({
    user_id: requester.userId,
    ...(requester.deviceId !== '' && { device_id: requester.deviceId }),
    is_guest: false,
  }),
});
