import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkNewPassword } from '../../../accounts/hash-password.ts';
import { setPassword } from '../../../accounts/set-password.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { passwordSchema } from '../../schemas.ts';

/**
 * Gives an account another password. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND, M_WEAK_PASSWORD.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#reset-password
 */
export const resetPasswordV1 = defineEndpoint({
  operation: 'resetPasswordV1',
  method: 'POST',
  path: '/_synapse/admin/v1/reset_password/{userId}',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: { new_password: passwordSchema, logout_devices: { type: 'boolean' } },
    required: ['new_password'],
  },
  async handle(context, { params: { userId }, body }) {
    const account = await findOwnAccount(context, userId);
    if (account.isDeactivated) throw new MatrixError('M_NOT_FOUND', 'This account has been deactivated');
    checkNewPassword(context, body.new_password);
    await setPassword(context, { userId, password: body.new_password, logOutDevices: body.logout_devices ?? true });
    return {};
  },
});
