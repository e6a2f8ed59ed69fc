import { formatContentDisposition } from '../../../media/content-disposition.ts';
import { unknownContentType } from '../../../media/content-type.ts';
import { openContent } from '../../../media/open-content.ts';
import { waitForMedia } from '../../../media/wait-for-media.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { multipartReply } from './multipart-reply.ts';

/** What a server waits for an upload that it was told of, unless it says otherwise. */
export const defaultUploadWaitMs = 20_000;

/**
 * Gives a file of this server to another server. Errors: M_NOT_FOUND, M_NOT_YET_UPLOADED.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1mediadownloadmediaid
 */
export const getContent = defineEndpoint({
  operation: 'getContent',
  method: 'GET',
  path: '/_matrix/federation/v1/media/download/{mediaId}',
  authentication: 'server',
  query: { type: 'object', properties: { timeout_ms: { type: 'integer', minimum: 0 } } },
  async handle(context, { params, query, signal }) {
    const media = await waitForMedia(context, params.mediaId, query.timeout_ms ?? defaultUploadWaitMs, signal);
    const contentType = media.contentType ?? unknownContentType;
    return multipartReply(context, {
      body: await openContent(context, media.content),
      sizeBytes: media.sizeBytes,
      contentType,
      contentDisposition: formatContentDisposition(contentType, media.fileName ?? undefined),
    });
  },
});
