import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { retryDestination as retry } from '../../../federation/retry-destination.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** Tries a server again at once that did not answer, and has what waits for it sent. Error: M_INVALID_PARAM. */
export const retryDestination = defineEndpoint({
  operation: 'retryDestination',
  method: 'POST',
  path: '/_holdfast/v1/admin/federation/{serverName}/retry',
  authentication: 'admin',
  async handle(context, { params: { serverName } }) {
    if (!isServerName(serverName)) throw new MatrixError('M_INVALID_PARAM', 'This is not the name of a server');
    await retry(context, serverName);
    return {};
  },
});
