import type { JsonObject } from '../events/pdu.ts';
import { type ErrorCode, errorStatus } from './error-codes.ts';

/**
 * The one error that domain code throws. It becomes the reply
 * `{ errcode, error, ...fields }` with an HTTP status.
 * https://spec.matrix.org/v1.19/client-server-api/#standard-error-response
 */
export class MatrixError extends Error {
  readonly errcode: ErrorCode;
  readonly status: number;
  /** Further members of the reply, such as `retry_after_ms` or `soft_logout`. */
  readonly fields: JsonObject;

  constructor(errcode: ErrorCode, message: string, options: { status?: number; fields?: JsonObject } = {}) {
    super(message);
    this.name = 'MatrixError';
    this.errcode = errcode;
    this.status = options.status ?? errorStatus(errcode);
    this.fields = options.fields ?? {};
  }
}
