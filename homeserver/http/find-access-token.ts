import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { findQueryValue } from './parse-query.ts';

/** The access token in the Authorization header or, as old clients do, in the query. Throws M_MISSING_TOKEN. */
export function findAccessToken(authorization: string | undefined, query: string): string | undefined {
  if (authorization !== undefined) {
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined) throw new MatrixError('M_MISSING_TOKEN', 'The Authorization header is not a Bearer token');
    return token;
  }
  return findQueryValue(query, 'access_token') || undefined;
}
