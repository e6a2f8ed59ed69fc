import { readHoldfastVersion } from '../../../platform/holdfast-version.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * What software this server runs.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1version
 */
export const getVersion = defineEndpoint({
  operation: 'getVersion',
  method: 'GET',
  path: '/_matrix/federation/v1/version',
  authentication: 'none',
  async handle() {
    return { server: { name: 'Holdfast', version: await readHoldfastVersion() } };
  },
});
