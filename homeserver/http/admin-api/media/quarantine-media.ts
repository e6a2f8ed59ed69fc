import { setMediaQuarantined } from '../../../media/quarantine-media.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { checkMediaPlace } from './check-media-place.ts';

/** Withholds a file from everybody, whether it is here or not, or gives it out again. Error: M_INVALID_PARAM. */
export const quarantineMedia = defineEndpoint({
  operation: 'quarantineMedia',
  method: 'PUT',
  path: '/_holdfast/v1/admin/media/{serverName}/{mediaId}/quarantine',
  authentication: 'admin',
  body: { type: 'object', properties: { quarantine: { type: 'boolean' } }, required: ['quarantine'] },
  async handle(context, { requester, params, body }) {
    await setMediaQuarantined(context, checkMediaPlace(params), body.quarantine, requester.userId);
    return { quarantine: body.quarantine };
  },
});
