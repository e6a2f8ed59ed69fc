import { defineEndpoint } from '../../endpoint.ts';
import { downloadQuerySchema, serveContent } from './serve-content.ts';

/**
 * Gives a file under another name, as old clients ask for it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixmediav3downloadservernamemediaidfilename
 */
export const getContentOverrideName = defineEndpoint({
  operation: 'getContentOverrideName',
  method: 'GET',
  path: '/_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}',
  authentication: 'none',
  query: downloadQuerySchema,
  async handle(context, request) {
    return await serveContent(context, request, { cache: 'public', fileName: request.params.fileName });
  },
});
