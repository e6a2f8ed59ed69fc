import { defineEndpoint } from '../../endpoint.ts';
import { serveThumbnail, thumbnailQuerySchema } from '../content-repo/serve-thumbnail.ts';

/**
 * Gives a thumbnail of a file.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediathumbnailservernamemediaid
 */
export const getContentThumbnailAuthed = defineEndpoint({
  operation: 'getContentThumbnailAuthed',
  method: 'GET',
  path: '/_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}',
  authentication: 'user',
  query: thumbnailQuerySchema,
  async handle(context, request) {
    return await serveThumbnail(context, request, 'private');
  },
});
