import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { chooseUserId } from '../../../accounts/choose-user-id.ts';
import { createAccount } from '../../../accounts/create-account.ts';
import { checkNewPassword, hashPassword } from '../../../accounts/hash-password.ts';
import { setPassword } from '../../../accounts/set-password.ts';
import { changeAccount, closeAccount } from '../../../administration/users/change-account.ts';
import { describeAccount } from '../../../administration/users/describe-account.ts';
import type { Context } from '../../../platform/context.ts';
import { readAccount } from '../../../storage/accounts/read-accounts.ts';
import { defineEndpoint } from '../../endpoint.ts';
import type { SchemaValue } from '../../json-schema.ts';
import { jsonReply } from '../../reply.ts';
import { passwordSchema, plainText } from '../../schemas.ts';
import { formatSynapseUser } from './format-synapse-user.ts';

const bodySchema = {
  type: 'object',
  properties: {
    password: passwordSchema,
    logout_devices: { type: 'boolean' },
    displayname: { anyOf: [plainText(256), { type: 'null' }] },
    avatar_url: { anyOf: [plainText(1_000), { type: 'null' }] },
    admin: { type: 'boolean' },
    deactivated: { type: 'boolean' },
    locked: { type: 'boolean' },
    suspended: { type: 'boolean' },
  },
} as const;

type Change = SchemaValue<typeof bodySchema>;

/**
 * Makes an account (201) or changes one (200). A deactivated one stays so. Errors: M_INVALID_PARAM (of another server),
 * M_INVALID_USERNAME, M_WEAK_PASSWORD, M_FORBIDDEN (see changeUser), M_NOT_FOUND (deactivated).
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#create-or-modify-account
 */
export const putUserV2 = defineEndpoint({
  operation: 'putUserV2',
  method: 'PUT',
  path: '/_synapse/admin/v2/users/{userId}',
  authentication: 'admin',
  body: bodySchema,
  async handle(context, { requester, params: { userId }, body }) {
    if (parseUserId(userId)?.serverName !== context.serverName) {
      throw new MatrixError('M_INVALID_PARAM', 'This user does not belong to this server');
    }
    if (body.password !== undefined) checkNewPassword(context, body.password);
    const account = await readAccount(context.database, userId);
    if (!account) await make(context, userId, body);
    else await change(context, requester.userId, userId, body);
    return jsonReply(formatSynapseUser(await describeAccount(context, userId)), { status: account ? 200 : 201 });
  },
});

async function make(context: Context, userId: string, { password, admin, displayname, ...rest }: Change) {
  const chosen = chooseUserId(context, userId.slice(1, userId.indexOf(':')));
  if (chosen !== userId) throw new MatrixError('M_INVALID_USERNAME', 'User names are made of small letters');
  await createAccount(context, {
    userId,
    passwordHash: password === undefined ? null : await hashPassword(context, password),
    isAdmin: admin ?? false,
    displayName: displayname ?? userId.slice(1, userId.indexOf(':')),
  });
  const { avatar_url: avatarUrl, locked: isLocked, suspended: isSuspended } = rest;
  await changeAccount(context, '', userId, { avatarUrl, isLocked, isSuspended });
}

async function change(context: Context, operator: string, userId: string, body: Change): Promise<void> {
  if (body.deactivated) return await closeAccount(context, userId, false);
  await changeAccount(context, operator, userId, {
    ...{ isAdmin: body.admin, isLocked: body.locked, isSuspended: body.suspended },
    ...{ displayName: body.displayname, avatarUrl: body.avatar_url },
  });
  const { password, logout_devices: logOutDevices = true } = body;
  if (password !== undefined) await setPassword(context, { userId, password, logOutDevices });
}
