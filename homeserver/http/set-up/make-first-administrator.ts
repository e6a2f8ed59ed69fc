import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { chooseUserId } from '../../accounts/choose-user-id.ts';
import { createAccount } from '../../accounts/create-account.ts';
import { checkNewPassword, hashPassword } from '../../accounts/hash-password.ts';
import { hasAdministrators } from '../../storage/accounts/read-accounts.ts';
import { formatSession } from '../client-api/login/format-session.ts';
import { defineEndpoint, type Endpoint } from '../endpoint.ts';
import { passwordSchema, plainText } from '../schemas.ts';
import type { SetUpAccess } from './set-up-access.ts';
import { setUpTokenSchema } from './set-up-token-schema.ts';

const bodySchema = {
  type: 'object',
  properties: { token: setUpTokenSchema, username: plainText(512), password: passwordSchema },
  required: ['token', 'username', 'password'],
} as const;

/**
 * Makes the first administrator's account for whoever has the address that the terminal printed, and logs it in.
 * Errors: M_FORBIDDEN (not that address, or set up already), M_INVALID_USERNAME, M_USER_IN_USE, M_WEAK_PASSWORD.
 */
export function makeFirstAdministrator(setUp: SetUpAccess): Endpoint {
  return defineEndpoint({
    operation: 'makeFirstAdministrator',
    method: 'POST',
    path: '/_holdfast/v1/set-up/administrator',
    authentication: 'none',
    rateLimit: 'registration',
    body: bodySchema,
    handle: (context, { body }) =>
      setUp.useUp(body.token, async () => {
        // Another process, or the command line, may have been faster.
        if (await hasAdministrators(context.database)) {
          throw new MatrixError('M_FORBIDDEN', 'This server has an administrator already: log in instead');
        }
        const userId = chooseUserId(context, body.username);
        checkNewPassword(context, body.password);
        const session = await createAccount(context, {
          userId,
          passwordHash: await hashPassword(context, body.password),
          isAdmin: true,
          displayName: userId.slice(1, userId.indexOf(':')),
          login: { initialDeviceDisplayName: 'Holdfast console' },
        });
        return { user_id: userId, ...(session && formatSession(session)) };
      }),
  });
}
