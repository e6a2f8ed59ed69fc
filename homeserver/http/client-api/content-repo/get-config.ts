import { defineEndpoint } from '../../endpoint.ts';

/**
 * How large files may be, as old clients ask for it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixmediav3config
 */
export const getConfig = defineEndpoint({
  operation: 'getConfig',
  method: 'GET',
  path: '/_matrix/media/v3/config',
  authentication: 'user',
  handle: (context) => ({ 'm.upload.size': context.config.media.maxUploadBytes }),
});
