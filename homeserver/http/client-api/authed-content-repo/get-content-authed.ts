import { defineEndpoint } from '../../endpoint.ts';
import { downloadQuerySchema, serveContent } from '../content-repo/serve-content.ts';

/**
 * Gives a file.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
 */
export const getContentAuthed = defineEndpoint({
  operation: 'getContentAuthed',
  method: 'GET',
  path: '/_matrix/client/v1/media/download/{serverName}/{mediaId}',
  authentication: 'user',
  query: downloadQuerySchema,
  async handle(context, request) {
    return await serveContent(context, request, { cache: 'private' });
  },
});
