import { checkNewPassword } from '../../../accounts/hash-password.ts';
import { setPassword } from '../../../accounts/set-password.ts';
import { askForPassword } from '../../ask-for-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { authSchema, passwordSchema } from '../../schemas.ts';

/**
 * Changes the user's password after asking for the old one, and deletes the other devices unless `logout_devices` is
 * false. A forgotten password is set anew by an administrator: without e-mail there is no other proof of who it is.
 * Errors: M_WEAK_PASSWORD, M_INVALID_PARAM; 401 with flows until the password is given.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3accountpassword
 */
export const changePassword = defineEndpoint({
  operation: 'changePassword',
  method: 'POST',
  path: '/_matrix/client/v3/account/password',
  authentication: 'user',
  body: {
    type: 'object',
    properties: { new_password: passwordSchema, logout_devices: { type: 'boolean' }, auth: authSchema },
    required: ['new_password'],
  },
  async handle(context, request) {
    const { body, requester } = request;
    checkNewPassword(context, body.new_password);
    const challenge = await askForPassword(context, 'changePassword', request);
    if (challenge) return challenge;
    await setPassword(context, {
      userId: requester.userId,
      password: body.new_password,
      logOutDevices: body.logout_devices ?? true,
      keepDeviceId: requester.deviceId,
    });
    return {};
  },
});
