import { DeadlineExceededError } from '@holdfast/effects/deadline.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { readBackOff } from '../../remote-servers/back-off/back-offs.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';

/** A server that has not answered for so long is not waited for. */
const goneForGoodMs = 24 * 3_600_000;

/** Whether other servers, or the time, are to blame for a failure of asking them. */
export function isForeignFailure(error: unknown): boolean {
  return error instanceof RemoteServerError || error instanceof DeadlineExceededError || error instanceof MatrixError;
}

/** Whether the same server might answer when it is asked again: it was not there a short while, or too busy. */
export function mayPassFailure(context: Context, server: string, error: unknown): boolean {
  if (!(error instanceof RemoteServerError)) return error instanceof DeadlineExceededError;
  if (error.kind === 'refused') return error.status === 429 || (error.status ?? 0) >= 500;
  const isAbsent = error.kind === 'unreachable' || error.kind === 'timeout' || error.kind === 'backing-off';
  return isAbsent && (readBackOff(context, server)?.failingForMs ?? 0) < goneForGoodMs;
}
