import { makeMxcUri } from '@holdfast/protocol/identifiers/mxc-uri.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readMediaUsage } from '../../../storage/media/read-media.ts';
import { readMediaOfUser } from '../../../storage/media/read-media-list.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** The files of a user, the newest first, a page at a time. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND. */
export const listUserMedia = defineEndpoint({
  operation: 'listUserMedia',
  method: 'GET',
  path: '/_holdfast/v1/admin/users/{userId}/media',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,9}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
    },
  },
  async handle(context, { params: { userId }, query: { from = '0', limit = 50 } }) {
    await findOwnAccount(context, userId);
    const [usedBytes, media] = await Promise.all([
      readMediaUsage(context.database, userId),
      readMediaOfUser(context.database, { userId, serverName: context.serverName }, Number(from), limit),
    ]);
    return {
      used_bytes: usedBytes,
      media: media.map(({ mediaId, createdMs, sizeBytes, contentType, fileName, isQuarantined }) => ({
        ...{ mxc: makeMxcUri(context.serverName, mediaId), media_id: mediaId, created_ts: createdMs },
        ...{ size_bytes: sizeBytes, content_type: contentType, file_name: fileName, is_quarantined: isQuarantined },
      })),
      ...(media.length === limit && { next_token: String(Number(from) + limit) }),
    };
  },
});
