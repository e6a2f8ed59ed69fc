import { describeMedia } from '../../../media/describe-media.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { checkMediaPlace } from '../media/check-media-place.ts';

/**
 * What is known of a file, of this server or of another. Errors: M_INVALID_PARAM, M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/media_admin_api.html#query-a-piece-of-media-by-id
 */
export const getMediaV1 = defineEndpoint({
  operation: 'getMediaV1',
  method: 'GET',
  path: '/_synapse/admin/v1/media/{serverName}/{mediaId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const place = checkMediaPlace(params);
    const media = await describeMedia(context, place);
    return {
      media_info: {
        ...{ media_origin: place.serverName, user_id: media.userId, media_id: place.mediaId },
        ...{ media_type: media.contentType, media_length: media.sizeBytes, upload_name: media.fileName },
        ...{ created_ts: media.createdMs, last_access_ts: media.usedMs, quarantined_by: media.quarantinedBy },
        ...{ authenticated: media.authenticated, safe_from_quarantine: false, sha256: media.sha256 },
      },
    };
  },
});
