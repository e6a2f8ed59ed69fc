import { DeadlineExceededError } from '@holdfast/effects/deadline.ts';
import { describeConnectionError } from './connections/describe-connection-error.ts';
import { ResponseTooLargeError } from './connections/read-response.ts';
import { TooManyWaitingError } from './connections/request-slots.ts';
import { RemoteServerError } from './remote-server-error.ts';

/** Anything that went wrong while a server was asked, as one error. */
export function explainFailure(error: unknown, server: string): RemoteServerError {
  if (error instanceof RemoteServerError) return error;
  const message = describeConnectionError(error);
  const details = { cause: error };
  if (error instanceof DeadlineExceededError) return new RemoteServerError('timeout', server, message, details);
  if (error instanceof ResponseTooLargeError) return new RemoteServerError('bad-answer', server, message, details);
  // Our own line is full: not the server's fault, but asking again later is right too.
  if (error instanceof TooManyWaitingError) return new RemoteServerError('backing-off', server, message, details);
  return new RemoteServerError('unreachable', server, message, details);
}

/** Whether the server answered, and would answer the same again: it has not got what it was asked for, or keeps it. */
export function isFinalAnswer({ kind, status = 0 }: RemoteServerError): boolean {
  return kind === 'bad-answer' || (kind === 'refused' && status < 500 && status !== 429);
}

/** A proxy's words for a server that is not there. */
const absentStatuses = new Set([502, 503, 504]);

/** Whether another request would meet the same: then the server is left alone for a while. */
export function isServerFailing({ kind, status }: RemoteServerError): boolean {
  if (kind === 'refused') return absentStatuses.has(status ?? 0);
  return kind === 'unreachable' || kind === 'timeout';
}
