import { defineEndpoint } from '../../endpoint.ts';
import { downloadQuerySchema, serveContent } from '../content-repo/serve-content.ts';

/**
 * Gives a file under another name.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaidfilename
 */
export const getContentOverrideNameAuthed = defineEndpoint({
  operation: 'getContentOverrideNameAuthed',
  method: 'GET',
  path: '/_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}',
  authentication: 'user',
  query: downloadQuerySchema,
  async handle(context, request) {
    return await serveContent(context, request, { cache: 'private', fileName: request.params.fileName });
  },
});
