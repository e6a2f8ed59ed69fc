import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { resolveUserId } from '../accounts/choose-user-id.ts';
import { authenticateInteractively } from '../accounts/interactive-authentication/authenticate-interactively.ts';
import type { AuthenticationData, CheckStage } from '../accounts/interactive-authentication/stage.ts';
import type { Context } from '../platform/context.ts';
import { checkPassword } from './check-password.ts';
import type { Requester } from './endpoint.ts';
import type { RateLimits } from './rate-limits.ts';
import { jsonReply, type MadeReply } from './reply.ts';

interface AuthenticatedRequest {
  readonly requester: Requester;
  readonly limits: RateLimits;
  readonly body: { readonly auth?: AuthenticationData };
}

/**
 * Asks the user of a session for the password again before something that a stolen access token must not do. Gives the
 * 401 that tells the client how, or undefined when the client has done so.
 * Throws M_FORBIDDEN where it names another user.
 * https://spec.matrix.org/v1.19/client-server-api/#user-interactive-authentication-api
 */
export async function askForPassword(
  context: Context,
  operation: string,
  request: AuthenticatedRequest,
): Promise<MadeReply | undefined> {
  const { userId } = request.requester;
  const auth = request.body.auth as (AuthenticationData & JsonObject) | undefined;
  const named = auth && findNamedUser(auth);
  if (named !== undefined && resolveUserId(context, named) !== userId) {
    throw new MatrixError('M_FORBIDDEN', 'This is the password of another user');
  }
  const outcome = await authenticateInteractively(context, {
    ...{ operation, userId, flows: [['m.login.password']] },
    auth,
    checks: { 'm.login.password': checkPasswordStage(context, request.limits, userId) },
  });
  if (outcome.challenge) return jsonReply(outcome.challenge, { status: 401 });
  await outcome.finish();
  return undefined;
}

/** Checks `m.login.password`; `expectedUserId` is who it must be of. */
function checkPasswordStage(context: Context, limits: RateLimits, expectedUserId: string): CheckStage {
  return async (auth) => {
    const { password } = auth;
    if (typeof password !== 'string') throw new MatrixError('M_BAD_JSON', 'auth.password must be string');
    await checkPassword(context, limits, expectedUserId, password);
  };
}

/** Old clients name the user in `user`, newer ones in `identifier`, some not at all. */
function findNamedUser(auth: JsonObject): string | undefined {
  const { identifier, user } = auth;
  const isObject = typeof identifier === 'object' && identifier !== null && !Array.isArray(identifier);
  const named = isObject ? identifier['user'] : user;
  return typeof named === 'string' ? named : undefined;
}
