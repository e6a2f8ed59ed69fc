import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { findProtocol } from '../../../appservices/requests/third-party-lookups.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * One of the networks to which application services lead. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartyprotocolprotocol
 */
export const getProtocolMetadata = defineEndpoint({
  operation: 'getProtocolMetadata',
  method: 'GET',
  path: '/_matrix/client/v3/thirdparty/protocol/{protocol}',
  authentication: 'user',
  async handle(context, { params: { protocol } }) {
    const found = await findProtocol(context, protocol);
    if (!found) throw new MatrixError('M_NOT_FOUND', 'No application service has this protocol');
    return found;
  },
});
