import { findDeviceListChangesSince } from '../../../devices/device-list-changes.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whose devices or keys changed between two sync tokens. Changes after `to` may be among them: the client asks once
 * more than it had to.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3keyschanges
 */
export const getKeysChanges = defineEndpoint({
  operation: 'getKeysChanges',
  method: 'GET',
  path: '/_matrix/client/v3/keys/changes',
  authentication: 'user',
  query: {
    type: 'object',
    properties: { from: { type: 'string' }, to: { type: 'string' } },
    required: ['from', 'to'],
  },
  async handle(context, { requester, query }) {
    return await findDeviceListChangesSince(context, requester.userId, query.from);
  },
});
