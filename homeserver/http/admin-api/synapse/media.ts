import { deleteMedia } from '../../../media/delete-media.ts';
import { setMediaQuarantined } from '../../../media/quarantine-media.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { checkMediaPlace } from '../media/check-media-place.ts';

const base = '/_synapse/admin/v1/media';

/**
 * Withholds a file from everybody. Error: M_INVALID_PARAM.
 * https://element-hq.github.io/synapse/latest/admin_api/media_admin_api.html#quarantine-media
 */
export const quarantineMediaV1 = defineEndpoint({
  operation: 'quarantineMediaV1',
  method: 'POST',
  path: `${base}/quarantine/{serverName}/{mediaId}`,
  authentication: 'admin',
  async handle(context, { requester, params }) {
    await setMediaQuarantined(context, checkMediaPlace(params), true, requester.userId);
    return {};
  },
});

/** Gives it out again. Error: M_INVALID_PARAM. */
export const unquarantineMediaV1 = defineEndpoint({
  operation: 'unquarantineMediaV1',
  method: 'POST',
  path: `${base}/unquarantine/{serverName}/{mediaId}`,
  authentication: 'admin',
  async handle(context, { requester, params }) {
    await setMediaQuarantined(context, checkMediaPlace(params), false, requester.userId);
    return {};
  },
});

/** Deletes a file, or this server's copy. Errors: M_INVALID_PARAM, M_NOT_FOUND. */
export const deleteMediaV1 = defineEndpoint({
  operation: 'deleteMediaV1',
  method: 'DELETE',
  path: `${base}/{serverName}/{mediaId}`,
  authentication: 'admin',
  async handle(context, { params }) {
    await deleteMedia(context, checkMediaPlace(params));
    return { deleted_media: [params.mediaId], total: 1 };
  },
});
