import { uploadCrossSigningKeys as uploadKeysOfUser } from '../../../devices/upload-cross-signing-keys.ts';
import { askForPassword } from '../../ask-for-password.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { authSchema } from '../../schemas.ts';

const keySchema = { type: 'object' } as const;

/**
 * Publishes the user's cross-signing keys. Error: 401 with flows when keys would be replaced, until the password is
 * given. https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysdevice_signingupload
 */
export const uploadCrossSigningKeys = defineEndpoint({
  operation: 'uploadCrossSigningKeys',
  method: 'POST',
  path: '/_matrix/client/v3/keys/device_signing/upload',
  authentication: 'user',
  body: {
    type: 'object',
    properties: { master_key: keySchema, self_signing_key: keySchema, user_signing_key: keySchema, auth: authSchema },
  },
  async handle(context, request) {
    const { userId } = request.requester;
    // https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions
    const isService = request.requester.applicationService !== undefined;
    const { master_key, self_signing_key, user_signing_key } = request.body;
    const upload = {
      ...(master_key && { master: master_key }),
      ...(self_signing_key && { self_signing: self_signing_key }),
      ...(user_signing_key && { user_signing: user_signing_key }),
    };
    const outcome = await uploadKeysOfUser(context, userId, upload, isService);
    if (outcome === 'stored') return {};
    const challenge = await askForPassword(context, 'uploadCrossSigningKeys', request);
    if (challenge) return challenge;
    await uploadKeysOfUser(context, userId, upload, true);
    return {};
  },
});
