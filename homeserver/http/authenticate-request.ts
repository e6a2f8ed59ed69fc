import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { SessionCache } from '../accounts/session-cache.ts';
import type { Endpoint, Requester } from './endpoint.ts';
import { findQueryValue } from './parse-query.ts';

/**
 * Who sent the request, by the access token in the Authorization header or, as old clients do, in the query.
 * Throws M_MISSING_TOKEN, M_UNKNOWN_TOKEN, M_USER_LOCKED, M_USER_SUSPENDED or M_FORBIDDEN (not an administrator).
 * https://spec.matrix.org/v1.19/client-server-api/#using-access-tokens
 */
export async function authenticateRequest(
  sessions: SessionCache,
  endpoint: Endpoint,
  authorization: string | undefined,
  query: string,
): Promise<Requester | undefined> {
  const token = findAccessToken(authorization, query);
  if (token === undefined) {
    if (endpoint.authentication === 'optional') return undefined;
    throw new MatrixError('M_MISSING_TOKEN', 'Missing access token');
  }
  const session = await sessions.find(token);
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

function findAccessToken(authorization: string | undefined, query: string): string | undefined {
  if (authorization !== undefined) {
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined) throw new MatrixError('M_MISSING_TOKEN', 'The Authorization header is not a Bearer token');
    return token;
  }
  return findQueryValue(query, 'access_token') || undefined;
}
