import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { pingAppservice as ping } from '../../../appservices/requests/ping-appservice.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Has the application service that asks asked in turn, so that it knows that it is reached. Errors: M_FORBIDDEN,
 * M_URL_NOT_SET, M_BAD_STATUS, M_CONNECTION_FAILED, M_CONNECTION_TIMEOUT.
 * https://spec.matrix.org/v1.19/application-service-api/#post_matrixclientv1appserviceappserviceidping
 */
export const pingAppservice = defineEndpoint({
  operation: 'pingAppservice',
  method: 'POST',
  path: '/_matrix/client/v1/appservice/{appserviceId}/ping',
  alsoAt: ['/_matrix/client/unstable/fi.mau.msc2659/appservice/{appserviceId}/ping'],
  authentication: 'user',
  body: { type: 'object', properties: { transaction_id: { type: 'string', maxLength: 1_024 } } },
  async handle(context, { requester: { applicationService }, params, body }) {
    if (applicationService?.id !== params.appserviceId) {
      throw new MatrixError('M_FORBIDDEN', 'This is not the token of that application service');
    }
    const { durationMs } = await ping(context, applicationService, body.transaction_id);
    return { duration_ms: durationMs };
  },
});
