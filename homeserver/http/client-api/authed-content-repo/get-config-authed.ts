import { defineEndpoint } from '../../endpoint.ts';

/**
 * How large files may be.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediaconfig
 */
export const getConfigAuthed = defineEndpoint({
  operation: 'getConfigAuthed',
  method: 'GET',
  path: '/_matrix/client/v1/media/config',
  authentication: 'user',
  handle: (context) => ({ 'm.upload.size': context.config.media.maxUploadBytes }),
});
