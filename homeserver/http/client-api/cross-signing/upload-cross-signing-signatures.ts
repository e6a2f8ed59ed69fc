import { uploadSignatures } from '../../../devices/upload-signatures.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Publishes signatures on own devices and on master keys.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload
 */
export const uploadCrossSigningSignatures = defineEndpoint({
  operation: 'uploadCrossSigningSignatures',
  method: 'POST',
  path: '/_matrix/client/v3/keys/signatures/upload',
  authentication: 'user',
  body: {
    type: 'object',
    additionalProperties: { type: 'object', additionalProperties: { type: 'object' } },
  },
  async handle(context, { requester, body }) {
    return { failures: await uploadSignatures(context, requester.userId, body) };
  },
});
