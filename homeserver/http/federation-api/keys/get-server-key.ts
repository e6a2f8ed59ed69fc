import { publishKeys } from '../../../remote-servers/keys/publish-keys.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Our signing keys, for other servers. Old servers name the key that they want in the path; all are given.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2server
 */
export const getServerKey = defineEndpoint({
  operation: 'getServerKey',
  method: 'GET',
  path: '/_matrix/key/v2/server',
  alsoAt: ['/_matrix/key/v2/server/{keyId}'],
  authentication: 'none',
  handle: (context) => publishKeys(context),
});
