import { verifySignedBytes } from '@holdfast/protocol/crypto/verify-json.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { isServerAllowed } from '../is-server-allowed.ts';
import { keyRings } from '../keys/key-rings.ts';
import { parseXMatrix, type XMatrixParameters } from './parse-x-matrix.ts';
import { signedRequestBytes } from './sign-request.ts';

/**
 * Who says to have sent a request, by its Authorization header. Nothing is proven yet. Throws M_UNAUTHORIZED where the
 * header is missing, malformed or meant for another server, M_FORBIDDEN for servers that we do not deal with.
 */
export function readOrigin(context: Context, authorization: string | undefined): XMatrixParameters {
  const parameters = authorization === undefined ? undefined : parseXMatrix(authorization);
  if (!parameters) throw new MatrixError('M_UNAUTHORIZED', 'The request has no sound Authorization of X-Matrix');
  const { origin, destination } = parameters;
  if (destination !== undefined && destination !== context.serverName) {
    throw new MatrixError('M_UNAUTHORIZED', `The request is for another server than ${context.serverName}`);
  }
  if (origin === context.serverName) throw new MatrixError('M_UNAUTHORIZED', 'The request is said to be our own');
  if (!isServerAllowed(context, origin)) {
    throw new MatrixError('M_FORBIDDEN', `${context.serverName} does not federate with ${origin}`);
  }
  return parameters;
}

/**
 * Proves that the origin sent a request: the signature over all of it must be by a key that is valid now, which is
 * fetched where it is not known. Throws M_UNAUTHORIZED.
 * https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 */
export async function authenticateOrigin(
  context: Context,
  { origin, destination, keyId, signature }: XMatrixParameters,
  request: { readonly method: string; readonly uri: string; readonly contentJson: string | undefined },
): Promise<void> {
  const nowMs = context.clock.wallMs();
  const wanted = { serverName: origin, keyId, atTs: nowMs };
  const findKey = await keyRings.of(context).find([wanted], { isAwaited: true });
  const key = findKey(origin, keyId);
  if (!key || !isCurrent(key, nowMs)) {
    throw new MatrixError('M_UNAUTHORIZED', `${origin} has no key ${keyId} that is known here and valid now`);
  }
  const bytes = signedRequestBytes({ ...request, origin, destination });
  const signatures = { [origin]: { [keyId]: signature } };
  const problem = verifySignedBytes(bytes, signatures, origin, () => key.publicKey, cryptoPrimitives);
  if (problem) throw new MatrixError('M_UNAUTHORIZED', `The request is not what ${origin} signed: ${problem.message}`);
}

function isCurrent({ expiredTs, validUntilTs }: VerifyKey, nowMs: number): boolean {
  return expiredTs === undefined && validUntilTs !== undefined && validUntilTs >= nowMs;
}
