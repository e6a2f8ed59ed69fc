import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { deleteMedia } from '../../../media/delete-media.ts';
import { readMediaOfUser } from '../../../storage/media/read-media-list.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { pageParameters } from './page-parameters.ts';

/**
 * Deletes a page of a user's files, the newest first. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#delete-media-uploaded-by-a-user
 */
export const deleteUserMediaV1 = defineEndpoint({
  operation: 'deleteUserMediaV1',
  method: 'DELETE',
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
    const { serverName } = context;
    const files = await readMediaOfUser(context.database, { userId, serverName }, from, limit);
    for (const { mediaId } of files) await deleteMedia(context, { serverName, mediaId });
    return { deleted_media: files.map(({ mediaId }) => mediaId), total: files.length };
  },
});
