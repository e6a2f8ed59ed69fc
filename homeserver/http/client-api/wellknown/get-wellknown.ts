import { defineEndpoint } from '../../endpoint.ts';

/**
 * Where clients that know only the server's name find it: the configured address, or the one that was just used.
 * https://spec.matrix.org/v1.19/client-server-api/#getwell-knownmatrixclient
 */
export const getWellknown = defineEndpoint({
  operation: 'getWellknown',
  method: 'GET',
  path: '/.well-known/matrix/client',
  authentication: 'none',
  handle: (context, { baseUrl }) => ({
    'm.homeserver': { base_url: context.config.http.publicUrl?.replace(/\/+$/, '') ?? baseUrl },
  }),
});
