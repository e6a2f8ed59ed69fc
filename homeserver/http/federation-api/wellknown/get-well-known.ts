import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Where other servers find this one, when its public address is configured. Error: M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/server-server-api/#getwell-knownmatrixserver
 */
export const getWellKnown = defineEndpoint({
  operation: 'getWellKnown',
  method: 'GET',
  path: '/.well-known/matrix/server',
  authentication: 'none',
  handle(context) {
    const { publicUrl } = context.config.http;
    if (publicUrl === undefined) throw new MatrixError('M_NOT_FOUND', 'The public address is not configured');
    const { hostname, port, protocol } = new URL(publicUrl);
    return { 'm.server': `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}` };
  },
});
