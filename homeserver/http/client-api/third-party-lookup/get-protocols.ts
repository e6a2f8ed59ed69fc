import { findProtocols } from '../../../appservices/requests/third-party-lookups.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The networks to which application services lead.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3thirdpartyprotocols
 */
export const getProtocols = defineEndpoint({
  operation: 'getProtocols',
  method: 'GET',
  path: '/_matrix/client/v3/thirdparty/protocols',
  authentication: 'user',
  handle: (context) => findProtocols(context),
});
