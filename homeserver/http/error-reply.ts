import { DeadlineExceededError } from '@holdfast/effects/deadline.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isDatabaseOutage } from '../platform/database/database-error.ts';
import { ShardUnavailableError } from '../platform/shard-log/shard-error.ts';
import { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import { jsonReply, type MadeReply } from './reply.ts';

const outageRetrySeconds = 2;

/**
 * The one place where errors become replies. What the domain throws on purpose is a MatrixError; a database or shard
 * that is away is 503 and passes by itself; another server that does not answer is 502 or 504; anything else is a bug:
 * 500, logged with the request's id.
 * https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export function errorReply(error: unknown, log: Log): MadeReply {
  if (error instanceof MatrixError) return matrixErrorReply(error);
  if (isDatabaseOutage(error) || error instanceof ShardUnavailableError || error instanceof DeadlineExceededError) {
    log.warn({ err: error }, 'a request met an outage');
    const text = 'The server cannot reach its database at the moment, please try again';
    return jsonReply(
      { errcode: 'M_UNKNOWN', error: text },
      { status: 503, headers: { 'Retry-After': String(outageRetrySeconds) } },
    );
  }
  if (error instanceof RemoteServerError) {
    // Callers say it better where they know what their client wanted.
    const status = error.kind === 'timeout' ? 504 : 502;
    return jsonReply({ errcode: 'M_UNKNOWN', error: `${error.serverName}: ${error.message}` }, { status });
  }
  log.error({ err: error }, 'a request failed');
  return jsonReply({ errcode: 'M_UNKNOWN', error: 'Internal server error' }, { status: 500 });
}

function matrixErrorReply(error: MatrixError): MadeReply {
  const retryAfterMs = error.fields['retry_after_ms'];
  const retryAfter = typeof retryAfterMs === 'number' && { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) };
  const body = { errcode: error.errcode, error: error.message, ...error.fields };
  return jsonReply(body, { status: error.status, headers: { ...retryAfter } });
}
