import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { defineEndpoint } from '../endpoint.ts';
import { bytesReply } from '../reply.ts';
import { isSameText } from '../same-text.ts';

/** Metrics for Prometheus, where `metrics.token` is set and given. */
export const getMetrics = defineEndpoint({
  operation: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  authentication: 'none',
  async handle(context, request) {
    const { token } = context.config.metrics;
    // Without a token there is nothing here: what a server does is not for everybody to see.
    if (token === undefined) throw new MatrixError('M_UNRECOGNIZED', 'Unrecognized request');
    if (!isSameText(request.header('authorization') ?? '', `Bearer ${token}`)) {
      throw new MatrixError('M_FORBIDDEN', 'The token is not the one for metrics');
    }
    const { body, contentType } = await context.metrics.expose();
    return bytesReply(Buffer.from(body), { 'Content-Type': contentType });
  },
});
