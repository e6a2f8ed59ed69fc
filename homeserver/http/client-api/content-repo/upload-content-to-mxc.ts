import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { receiveUpload, uploadQuerySchema } from './receive-upload.ts';

/**
 * Stores the file of an mxc:// URI that was made before.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixmediav3uploadservernamemediaid
 */
export const uploadContentToMXC = defineEndpoint({
  operation: 'uploadContentToMXC',
  method: 'PUT',
  path: '/_matrix/media/v3/upload/{serverName}/{mediaId}',
  authentication: 'user',
  rateLimit: 'mediaUpload',
  query: uploadQuerySchema,
  rawBody: true,
  async handle(context, request) {
    const { serverName, mediaId } = request.params;
    if (serverName !== context.serverName) throw new MatrixError('M_NOT_FOUND', 'This is the URI of another server');
    await receiveUpload(context, request, mediaId);
    return {};
  },
});
