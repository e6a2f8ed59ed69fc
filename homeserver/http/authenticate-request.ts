import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { applicationServices } from '../appservices/registrations/application-services.ts';
import { authenticateService } from './authenticate-appservice.ts';
import type { Endpoint, Requester } from './endpoint.ts';
import { findAccessToken } from './find-access-token.ts';
import type { HttpServer } from './http-server.ts';

/**
 * Who sent the request, by the access token in the Authorization header or, as old clients do, in the query.
 * Throws M_MISSING_TOKEN, M_UNKNOWN_TOKEN, M_USER_LOCKED, M_USER_SUSPENDED or M_FORBIDDEN (not an administrator).
 * https://spec.matrix.org/v1.19/client-server-api/#using-access-tokens
 */
export async function authenticateRequest(
  server: Pick<HttpServer, 'context' | 'sessions'>,
  endpoint: Endpoint,
  authorization: string | undefined,
  query: string,
): Promise<Requester | undefined> {
  const token = findAccessToken(authorization, query);
  if (token === undefined) {
    if (endpoint.authentication === 'optional') return undefined;
    throw new MatrixError('M_MISSING_TOKEN', 'Missing access token');
  }
  const service = applicationServices.of(server.context).findByToken(token);
  const session = service ? await authenticateService(server, service, query) : await server.sessions.find(token);
  if (session.isLocked && !endpoint.lockedMayCall) {
    throw new MatrixError('M_USER_LOCKED', 'This account has been locked', { fields: { soft_logout: true } });
  }
  if (session.isSuspended && endpoint.suspendedMayNotCall) {
    throw new MatrixError('M_USER_SUSPENDED', 'This account has been suspended and cannot do this');
  }
  if (endpoint.authentication === 'admin' && !session.isAdmin) {
    throw new MatrixError('M_FORBIDDEN', 'Only administrators of this server may do this');
  }
  return session;
}
