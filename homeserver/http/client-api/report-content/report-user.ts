import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { reportUser as report } from '../../../rooms/reports/report.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * Reports a user to the administrators. Whether the user exists is not told. Error: M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3usersuseridreport
 */
export const reportUser = defineEndpoint({
  operation: 'reportUser',
  method: 'POST',
  path: '/_matrix/client/v3/users/{userId}/report',
  authentication: 'user',
  rateLimit: 'report',
  body: { type: 'object', properties: { reason: plainText(10_000) }, required: ['reason'] },
  async handle(context, { requester, params: { userId }, body: { reason } }) {
    if (!isUserId(userId)) throw new MatrixError('M_INVALID_PARAM', 'This is no user id');
    await report(context, requester.userId, userId, reason);
    return {};
  },
});
