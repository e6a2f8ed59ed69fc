import { defineEndpoint } from '../../endpoint.ts';

/** Every release whose behaviour holds here, all of which are compatible with v1.19. */
const versions = [
  ...['v1.1', 'v1.2', 'v1.3', 'v1.4', 'v1.5', 'v1.6', 'v1.7', 'v1.8', 'v1.9', 'v1.10'],
  ...['v1.11', 'v1.12', 'v1.13', 'v1.14', 'v1.15', 'v1.16', 'v1.17', 'v1.18', 'v1.19'],
];

/**
 * Which releases of the specification the server speaks.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientversions
 */
export const getVersions = defineEndpoint({
  operation: 'getVersions',
  method: 'GET',
  path: '/_matrix/client/versions',
  authentication: 'none',
  handle: () => ({ versions, unstable_features: {} }),
});
