import { defineEndpoint } from '../../endpoint.ts';
import { receiveUpload, uploadQuerySchema } from './receive-upload.ts';

/**
 * Stores a file.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixmediav3upload
 */
export const uploadContent = defineEndpoint({
  operation: 'uploadContent',
  method: 'POST',
  path: '/_matrix/media/v3/upload',
  authentication: 'user',
  rateLimit: 'mediaUpload',
  query: uploadQuerySchema,
  rawBody: true,
  async handle(context, request) {
    return { content_uri: await receiveUpload(context, request) };
  },
});
