import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { resolveUserId } from '../../../accounts/choose-user-id.ts';
import type { SessionRequest } from '../../../accounts/new-session.ts';
import { openSession, openSessionByToken } from '../../../accounts/open-session.ts';
import type { ApplicationService } from '../../../appservices/registrations/application-service.ts';
import type { Context } from '../../../platform/context.ts';
import { requireService } from '../../authenticate-appservice.ts';
import { checkPassword } from '../../check-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import type { SchemaValue } from '../../json-schema.ts';
import type { RateLimits } from '../../rate-limits.ts';
import { deviceDisplayNameSchema, deviceIdSchema, passwordSchema, plainText } from '../../schemas.ts';
import { formatSession } from './format-session.ts';

const bodySchema = {
  type: 'object',
  properties: {
    type: { type: 'string', maxLength: 255 },
    identifier: {
      type: 'object',
      properties: { type: { type: 'string', maxLength: 255 }, user: plainText(512) },
      required: ['type'],
    },
    user: plainText(512),
    password: passwordSchema,
    token: { type: 'string', maxLength: 1024 },
    device_id: deviceIdSchema,
    initial_device_display_name: deviceDisplayNameSchema,
    refresh_token: { type: 'boolean' },
  },
  required: ['type'],
} as const;

type LoginBody = SchemaValue<typeof bodySchema>;

/**
 * Logs a user in by password, by a login token, or as an application service does it for its users. Errors:
 * M_FORBIDDEN (wrong), M_EXCLUSIVE (not a user of the application service), M_USER_DEACTIVATED, M_USER_LOCKED,
 * M_UNKNOWN (a type of login that this server does not have), M_LIMIT_EXCEEDED.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3login
 */
export const login = defineEndpoint({
  operation: 'login',
  method: 'POST',
  path: '/_matrix/client/v3/login',
  authentication: 'none',
  rateLimit: 'loginAddress',
  body: bodySchema,
  query: { type: 'object', properties: { access_token: { type: 'string' } } },
  async handle(context, request) {
    const { body, limits, query } = request;
    const { userId, ...session } =
      body.type === 'm.login.application_service'
        ? await openSessionForService(
            context,
            requireService(context, request.header('authorization'), query.access_token),
            body,
          )
        : await openSessionFor(context, limits, body);
    return { user_id: userId, home_server: context.serverName, ...formatSession(session) };
  },
});

/**
 * An application service needs no password for its users.
 * https://spec.matrix.org/v1.19/client-server-api/#appservice-login
 */
async function openSessionForService(context: Context, service: ApplicationService, body: LoginBody) {
  const userId = resolveUserId(context, namedUser(body));
  if (userId === undefined || !service.hasUser(userId)) {
    throw new MatrixError('M_EXCLUSIVE', 'The user is not in the namespaces of the application service', {
      status: 403,
    });
  }
  return { userId, ...(await openSession(context, userId, sessionRequest(body))) };
}

async function openSessionFor(context: Context, limits: RateLimits, body: LoginBody) {
  const request = sessionRequest(body);
  if (body.type === 'm.login.password') {
    const userId = await findUserByPassword(context, limits, body);
    return { userId, ...(await openSession(context, userId, request)) };
  }
  if (body.type === 'm.login.token') {
    if (body.token === undefined) throw new MatrixError('M_MISSING_PARAM', 'Missing token in the body');
    return openSessionByToken(context, body.token, request);
  }
  throw new MatrixError('M_UNKNOWN', 'This server does not have this type of login');
}

async function findUserByPassword(context: Context, limits: RateLimits, body: LoginBody): Promise<string> {
  const { password } = body;
  const user = namedUser(body);
  if (password === undefined) throw new MatrixError('M_MISSING_PARAM', 'Missing password in the body');
  const account = await checkPassword(context, limits, resolveUserId(context, user), password);
  if (account.isLocked) {
    throw new MatrixError('M_USER_LOCKED', 'This account has been locked', { fields: { soft_logout: true } });
  }
  return account.userId;
}

function namedUser({ identifier, user: oldName }: LoginBody): string {
  if (identifier && identifier.type !== 'm.id.user') {
    throw new MatrixError('M_UNKNOWN', 'This server knows users only by their user id');
  }
  const user = identifier ? identifier.user : oldName;
  if (user === undefined) throw new MatrixError('M_MISSING_PARAM', 'Missing identifier.user in the body');
  return user;
}

function sessionRequest(body: LoginBody): SessionRequest {
  return {
    deviceId: body.device_id,
    initialDeviceDisplayName: body.initial_device_display_name,
    refreshToken: body.refresh_token,
  };
}
