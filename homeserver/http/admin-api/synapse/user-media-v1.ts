import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readMediaOfUser } from '../../../storage/media/read-media-list.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { pageParameters } from './page-parameters.ts';

/**
 * The files of a user, the newest first. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#list-media-uploaded-by-a-user
 */
export const listUserMediaV1 = defineEndpoint({
  operation: 'listUserMediaV1',
  method: 'GET',
  path: '/_synapse/admin/v1/users/{userId}/media',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ...pageParameters,
    },
  },
  async handle(context, { params: { userId }, query: { from = 0, limit = 100 } }) {
    await findOwnAccount(context, userId);
    const place = { userId, serverName: context.serverName };
    const media = await readMediaOfUser(context.database, place, from, limit);
    const total = from + media.length + (media.length === limit ? 1 : 0);
    return {
      media: media.map((file) => ({
        ...{ media_id: file.mediaId, media_type: file.contentType, media_length: file.sizeBytes },
        ...{ upload_name: file.fileName, created_ts: file.createdMs, last_access_ts: null },
        ...{ quarantined_by: file.isQuarantined ? 'an administrator' : null, safe_from_quarantine: false },
      })),
      // Not counted: where there are more, at least one more.
      total,
      ...(media.length === limit && { next_token: from + media.length }),
    };
  },
});
