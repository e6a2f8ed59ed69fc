import { defineEndpoint } from '../../endpoint.ts';
import { downloadQuerySchema, serveContent } from './serve-content.ts';

/**
 * Gives a file to whoever knows its URI, as old clients ask for it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixmediav3downloadservernamemediaid
 */
export const getContent = defineEndpoint({
  operation: 'getContent',
  method: 'GET',
  path: '/_matrix/media/v3/download/{serverName}/{mediaId}',
  authentication: 'none',
  query: downloadQuerySchema,
  async handle(context, request) {
    return await serveContent(context, request, { cache: 'public' });
  },
});
