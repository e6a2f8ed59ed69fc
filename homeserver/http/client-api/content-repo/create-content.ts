import { createMedia } from '../../../media/create-media.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Makes an mxc:// URI whose file is uploaded later.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav1create
 */
export const createContent = defineEndpoint({
  operation: 'createContent',
  method: 'POST',
  path: '/_matrix/media/v1/create',
  authentication: 'user',
  rateLimit: 'mediaUpload',
  async handle(context, { requester }) {
    const { contentUri, unusedExpiresAtMs } = await createMedia(context, requester.userId);
    return { content_uri: contentUri, unused_expires_at: unusedExpiresAtMs };
  },
});
