import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkNewPassword } from '../../../accounts/hash-password.ts';
import { setPassword } from '../../../accounts/set-password.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { passwordSchema } from '../../schemas.ts';

const generatedBytes = 15;

/**
 * Gives an account a new password and ends its sessions unless told otherwise. Without a password one is made and told,
 * once. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND, M_WEAK_PASSWORD.
 */
export const resetPassword = defineEndpoint({
  operation: 'resetPassword',
  method: 'POST',
  path: '/_holdfast/v1/admin/users/{userId}/password',
  authentication: 'admin',
  body: { type: 'object', properties: { password: passwordSchema, log_out_devices: { type: 'boolean' } } },
  async handle(context, { params: { userId }, body }) {
    const account = await findOwnAccount(context, userId);
    if (account.isDeactivated) throw new MatrixError('M_NOT_FOUND', 'This account has been deactivated');
    const password = body.password ?? context.random.token(generatedBytes);
    checkNewPassword(context, password);
    await setPassword(context, { userId, password, logOutDevices: body.log_out_devices ?? true });
    return body.password === undefined ? { password } : {};
  },
});
