import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { readAccount } from '../../../storage/accounts/read-accounts.ts';
import { type DeviceRow, readDevices } from '../../../storage/accounts/read-devices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * From where a user's devices were last seen, for the user and administrators. Errors: M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3adminwhoisuserid
 */
export const getWhoIs = defineEndpoint({
  operation: 'getWhoIs',
  method: 'GET',
  path: '/_matrix/client/v3/admin/whois/{userId}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    if (requester.userId !== params.userId && !requester.isAdmin) {
      throw new MatrixError('M_FORBIDDEN', 'Only the user and administrators may see this');
    }
    if (!(await readAccount(context.database, params.userId))) {
      throw new MatrixError('M_NOT_FOUND', 'There is no such user');
    }
    const devices = await readDevices(context.database, params.userId);
    const sessions = devices.map((device) => [device.deviceId, { sessions: [{ connections: connectionsOf(device) }] }]);
    return { user_id: params.userId, devices: Object.fromEntries(sessions) as object };
  },
});

function connectionsOf({ lastSeenMs, lastSeenAddress, lastSeenAgent }: DeviceRow) {
  if (lastSeenMs === null) return [];
  return [
    {
      last_seen: lastSeenMs,
      ...(lastSeenAddress !== null && { ip: lastSeenAddress }),
      ...(lastSeenAgent !== null && { user_agent: lastSeenAgent }),
    },
  ];
}
