import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { tellHeardFromAppservice } from '../delivery/tell-heard-from.ts';
import type { ApplicationService } from '../registrations/application-service.ts';
import { AppserviceError, callAppservice } from './call-appservice.ts';

const timeoutMs = 30_000;
const shownCharacters = 1_000;

/**
 * Asks a service whether it is there. Gives how long that took; what waits for the service is sent at once then. Throws
 * M_URL_NOT_SET, M_BAD_STATUS, M_CONNECTION_FAILED and M_CONNECTION_TIMEOUT.
 * https://spec.matrix.org/v1.19/application-service-api/#post_matrixappv1ping
 */
export async function pingAppservice(
  context: Context,
  service: ApplicationService,
  transactionId: string | undefined,
): Promise<{ readonly durationMs: number }> {
  if (service.registration.url === null) {
    throw new MatrixError('M_URL_NOT_SET', 'The registration of the application service has no url');
  }
  const startMs = context.clock.monotonicMs();
  const body = JSON.stringify(transactionId === undefined ? {} : { transaction_id: transactionId });
  try {
    const question = { operation: 'ping', body, timeoutMs } as const;
    const { status, text } = await callAppservice(context, service, question);
    if (status < 200 || status >= 300) {
      throw new MatrixError('M_BAD_STATUS', `The application service answered with status ${status}`, {
        fields: { status, body: text.slice(0, shownCharacters) },
      });
    }
  } catch (error) {
    if (!(error instanceof AppserviceError)) throw error;
    const code = error.isTimeout ? 'M_CONNECTION_TIMEOUT' : 'M_CONNECTION_FAILED';
    throw new MatrixError(code, `The application service was not reached: ${error.message}`);
  }
  tellHeardFromAppservice(context, service.id, true);
  return { durationMs: Math.round(context.clock.monotonicMs() - startMs) };
}
