import { checkUserIdIsFree, chooseUserId } from '../../../accounts/choose-user-id.ts';
import { createAccount } from '../../../accounts/create-account.ts';
import { checkNewPassword, hashPassword } from '../../../accounts/hash-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { passwordSchema, plainText } from '../../schemas.ts';

const generatedBytes = 15;

/**
 * Makes an account whatever the registration mode. Without a password one is made and told, once.
 * Errors: M_USER_IN_USE, M_INVALID_USERNAME, M_WEAK_PASSWORD.
 */
export const createUser = defineEndpoint({
  operation: 'createUser',
  method: 'POST',
  path: '/_holdfast/v1/admin/users',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      username: plainText(255),
      password: passwordSchema,
      display_name: plainText(256),
      is_admin: { type: 'boolean' },
    },
    required: ['username'],
  },
  async handle(context, { body }) {
    const userId = chooseUserId(context, body.username);
    await checkUserIdIsFree(context, userId);
    const password = body.password ?? context.random.token(generatedBytes);
    checkNewPassword(context, password);
    await createAccount(context, {
      userId,
      passwordHash: await hashPassword(context, password),
      isAdmin: body.is_admin ?? false,
      displayName: body.display_name ?? userId.slice(1, userId.indexOf(':')),
    });
    return { user_id: userId, ...(body.password === undefined && { password }) };
  },
});
