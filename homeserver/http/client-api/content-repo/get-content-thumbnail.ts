import { defineEndpoint } from '../../endpoint.ts';
import { serveThumbnail, thumbnailQuerySchema } from './serve-thumbnail.ts';

/**
 * Gives a thumbnail to whoever knows the URI of the file, as old clients ask for it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixmediav3thumbnailservernamemediaid
 */
export const getContentThumbnail = defineEndpoint({
  operation: 'getContentThumbnail',
  method: 'GET',
  path: '/_matrix/media/v3/thumbnail/{serverName}/{mediaId}',
  authentication: 'none',
  query: thumbnailQuerySchema,
  async handle(context, request) {
    return await serveThumbnail(context, request, 'public');
  },
});
