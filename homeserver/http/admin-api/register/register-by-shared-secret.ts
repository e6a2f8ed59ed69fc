import { createHmac } from 'node:crypto';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkUserIdIsFree, chooseUserId } from '../../../accounts/choose-user-id.ts';
import { createAccount } from '../../../accounts/create-account.ts';
import { checkNewPassword, hashPassword } from '../../../accounts/hash-password.ts';
import { beginAct, endAct } from '../../../administration/audit/record-act.ts';
import type { Context } from '../../../platform/context.ts';
import { formatSession } from '../../client-api/login/format-session.ts';
import { defineEndpoint } from '../../endpoint.ts';
import type { SchemaValue } from '../../json-schema.ts';
import { addressKey } from '../../rate-limits.ts';
import { isSameText } from '../../same-text.ts';
import { passwordSchema, plainText } from '../../schemas.ts';
import { isRegistrationNonce } from './registration-nonce.ts';

const bodySchema = {
  type: 'object',
  properties: {
    nonce: plainText(255),
    username: plainText(512),
    password: passwordSchema,
    admin: { type: 'boolean' },
    mac: { type: 'string', maxLength: 255 },
    displayname: plainText(256),
    user_type: plainText(255),
    inhibit_login: { type: 'boolean' },
  },
  required: ['nonce', 'username', 'password', 'mac'],
} as const;

/**
 * Makes an account for whoever knows the shared secret, whatever the registration mode: the call that deployment tools
 * for other servers use. `mac` is the HMAC-SHA1 (hex) of nonce, user name, password, `admin` or `notadmin`, and the user
 * type if given, separated by NUL.
 * Errors: M_UNRECOGNIZED (no secret is set), M_FORBIDDEN (wrong mac), M_USER_IN_USE, M_INVALID_USERNAME.
 * https://element-hq.github.io/synapse/latest/admin_api/register_api.html
 */
export const registerBySharedSecret = defineEndpoint({
  operation: 'registerBySharedSecret',
  method: 'POST',
  path: '/_synapse/admin/v1/register',
  authentication: 'none',
  body: bodySchema,
  async handle(context, { body, clientAddress, limits }) {
    const secret = requireSharedSecret(context);
    if (!isRegistrationNonce(body.nonce, secret)) throw new MatrixError('M_UNKNOWN', 'Unknown nonce');
    // Only those who do not know the secret are slowed down.
    limits.take('registration', addressKey(clientAddress));
    if (!isSameText(body.mac, expectedMac(secret, body))) throw new MatrixError('M_FORBIDDEN', 'The mac is wrong');
    limits.giveBack('registration', addressKey(clientAddress));
    const userId = chooseUserId(context, body.username);
    await checkUserIdIsFree(context, userId);
    checkNewPassword(context, body.password);
    const passwordHash = await hashPassword(context, body.password);
    const isAdmin = body.admin ?? false;
    const recorded = await beginAct(context, {
      ...{ operator: 'shared secret', operation: 'registerBySharedSecret', target: userId },
      ...{ details: { admin: isAdmin }, address: clientAddress },
    });
    const session = await createAccount(context, {
      ...{ userId, passwordHash, isAdmin },
      displayName: body.displayname ?? userId.slice(1, userId.indexOf(':')),
      login: body.inhibit_login ? undefined : {},
    });
    await endAct(context, recorded, 'done');
    return { user_id: userId, home_server: context.serverName, ...(session && formatSession(session)) };
  },
});

export function requireSharedSecret(context: Context): string {
  const { sharedSecret } = context.config.registration;
  if (sharedSecret === undefined) throw new MatrixError('M_UNRECOGNIZED', 'Shared secret registration is not enabled');
  return sharedSecret;
}

function expectedMac(secret: string, body: SchemaValue<typeof bodySchema>): string {
  const parts = [body.nonce, body.username, body.password, body.admin ? 'admin' : 'notadmin'];
  if (body.user_type !== undefined) parts.push(body.user_type);
  return createHmac('sha1', secret).update(parts.join('\0')).digest('hex');
}
