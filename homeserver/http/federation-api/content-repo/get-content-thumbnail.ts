import { findThumbnail } from '../../../media/find-thumbnail.ts';
import { waitForMedia } from '../../../media/wait-for-media.ts';
import { thumbnailQuerySchema } from '../../client-api/content-repo/serve-thumbnail.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { defaultUploadWaitMs } from './get-content.ts';
import { multipartReply } from './multipart-reply.ts';

/**
 * Gives a thumbnail of a file of this server to another server. Errors: M_NOT_FOUND, M_NOT_YET_UPLOADED, M_UNKNOWN (no
 * picture), M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1mediathumbnailmediaid
 */
export const getContentThumbnail = defineEndpoint({
  operation: 'getContentThumbnail',
  method: 'GET',
  path: '/_matrix/federation/v1/media/thumbnail/{mediaId}',
  authentication: 'server',
  query: thumbnailQuerySchema,
  async handle(context, { params, query, signal }) {
    const media = await waitForMedia(context, params.mediaId, query.timeout_ms ?? defaultUploadWaitMs, signal);
    const { width, height, method = 'scale', animated = false } = query;
    const { contentType, body, sizeBytes } = await findThumbnail(context, media.content, {
      ...{ width, height, method, animated },
    });
    return multipartReply(context, {
      ...{ body, sizeBytes, contentType },
      contentDisposition: `inline; filename="thumbnail.${contentType.replace('image/', '')}"`,
    });
  },
});
