import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkUserIdIsFree, chooseUserId } from '../../../accounts/choose-user-id.ts';
import { createAccount } from '../../../accounts/create-account.ts';
import { checkNewPassword, hashPassword } from '../../../accounts/hash-password.ts';
import { authenticateInteractively } from '../../../accounts/interactive-authentication/authenticate-interactively.ts';
import type { SessionRequest } from '../../../accounts/new-session.ts';
import { useHeldRegistrationToken } from '../../../accounts/registration-tokens.ts';
import type { Context } from '../../../platform/context.ts';
import { requireService } from '../../authenticate-appservice.ts';
import { checkNobodysUser } from '../../check-namespaces.ts';
import { defineEndpoint } from '../../endpoint.ts';
import type { SchemaValue } from '../../json-schema.ts';
import { addressKey } from '../../rate-limits.ts';
import { jsonReply } from '../../reply.ts';
import { authSchema, deviceDisplayNameSchema, deviceIdSchema, passwordSchema, plainText } from '../../schemas.ts';
import { formatSession } from '../login/format-session.ts';
import { registerForService } from './register-for-appservice.ts';
import { registrationChecks, registrationFlows } from './registration-flows.ts';

const bodySchema = {
  type: 'object',
  properties: {
    type: { type: 'string', maxLength: 255 },
    auth: authSchema,
    username: plainText(512),
    password: passwordSchema,
    device_id: deviceIdSchema,
    initial_device_display_name: deviceDisplayNameSchema,
    inhibit_login: { type: 'boolean' },
    refresh_token: { type: 'boolean' },
  },
} as const;

function sessionRequest(body: SchemaValue<typeof bodySchema>): SessionRequest {
  return {
    deviceId: body.device_id,
    initialDeviceDisplayName: body.initial_device_display_name,
    refreshToken: body.refresh_token,
  };
}

/** Throws M_USER_IN_USE and M_EXCLUSIVE (a user id that an application service has for itself). */
async function checkUserIdIsFor(context: Context, userId: string): Promise<void> {
  await checkUserIdIsFree(context, userId);
  checkNobodysUser(context, userId);
}

/**
 * Makes an account after interactive authentication, and logs it in unless `inhibit_login`.
 * Errors: M_USER_IN_USE, M_INVALID_USERNAME and M_WEAK_PASSWORD before any authentication; M_FORBIDDEN (registration is
 * closed); M_GUEST_ACCESS_FORBIDDEN (guests are not taken).
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3register
 */
export const register = defineEndpoint({
  operation: 'register',
  method: 'POST',
  path: '/_matrix/client/v3/register',
  authentication: 'none',
  rateLimit: 'loginAddress',
  query: { type: 'object', properties: { kind: { enum: ['user', 'guest'] }, access_token: { type: 'string' } } },
  body: bodySchema,
  async handle(context, request) {
    const { query, body, limits, clientAddress } = request;
    if (body.type === 'm.login.application_service') {
      const service = requireService(context, request.header('authorization'), query.access_token);
      return registerForService(context, service, body.username, body.inhibit_login ? undefined : sessionRequest(body));
    }
    if (query.kind === 'guest') {
      throw new MatrixError('M_GUEST_ACCESS_FORBIDDEN', 'This server has no guest accounts');
    }
    const { flows, params } = registrationFlows(context);
    if (body.username !== undefined) await checkUserIdIsFor(context, chooseUserId(context, body.username));
    if (body.password !== undefined) checkNewPassword(context, body.password);
    const outcome = await authenticateInteractively(context, {
      ...{ operation: 'register', userId: null, flows, params, checks: registrationChecks(context) },
      auth: body.auth,
    });
    if (outcome.challenge) return jsonReply(outcome.challenge, { status: 401 });
    limits.take('registration', addressKey(clientAddress));
    if (body.password === undefined) throw new MatrixError('M_MISSING_PARAM', 'Missing password in the body');
    const userId = chooseUserId(context, body.username);
    const session = await createAccount(context, {
      userId,
      passwordHash: await hashPassword(context, body.password),
      displayName: userId.slice(1, userId.indexOf(':')),
      ...(flows[0]?.includes('m.login.terms') && { termsVersion: context.config.registration.terms.version }),
      ...(!body.inhibit_login && { login: sessionRequest(body) }),
    });
    await useHeldRegistrationToken(context, outcome.sessionId);
    await outcome.finish();
    return { user_id: userId, home_server: context.serverName, ...(session && formatSession(session)) };
  },
});
