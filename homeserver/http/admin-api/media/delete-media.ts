import { deleteMedia as deleteFile } from '../../../media/delete-media.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { checkMediaPlace } from './check-media-place.ts';

/**
 * Deletes a file of this server, or this server's copy of another's, which is fetched again when somebody asks for it.
 * Errors: M_INVALID_PARAM, M_NOT_FOUND.
 */
export const deleteMedia = defineEndpoint({
  operation: 'deleteMedia',
  method: 'DELETE',
  path: '/_holdfast/v1/admin/media/{serverName}/{mediaId}',
  authentication: 'admin',
  async handle(context, { params }) {
    await deleteFile(context, checkMediaPlace(params));
    return {};
  },
});
