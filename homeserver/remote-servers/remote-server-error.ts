/**
 * What went wrong with another server:
 * - `refused`: it answered with an error status; `status` and `errcode` are its own
 * - `bad-answer`: it answered with something that is no answer (no JSON, too large, of the wrong form)
 * - `unreachable`: no connection, for a reason of names, addresses, networks or certificates
 * - `timeout`: it did not answer in time
 * - `backing-off`: it failed a short while ago and was not asked again
 * - `not-allowed`: our own configuration keeps us from it
 */
export type RemoteServerErrorKind =
  | 'refused'
  | 'bad-answer'
  | 'unreachable'
  | 'timeout'
  | 'backing-off'
  | 'not-allowed';

interface RemoteServerErrorDetails {
  readonly status?: number | undefined;
  readonly errcode?: string | undefined;
  readonly errorText?: string | undefined;
  readonly cause?: unknown;
}

/** Why another server gave no answer. Callers turn it into what their own client is told. */
export class RemoteServerError extends Error {
  readonly kind: RemoteServerErrorKind;
  readonly serverName: string;
  /** Of a `refused`: the HTTP status. */
  readonly status: number | undefined;
  /** Of a `refused`: the errcode of the body, where it has one. */
  readonly errcode: string | undefined;
  /** Of a `refused`: the error of the body in words, where it has one. */
  readonly errorText: string | undefined;

  constructor(
    kind: RemoteServerErrorKind,
    serverName: string,
    message: string,
    { status, errcode, errorText, cause }: RemoteServerErrorDetails = {},
  ) {
    super(message, { cause });
    this.name = 'RemoteServerError';
    this.kind = kind;
    this.serverName = serverName;
    this.status = status;
    this.errcode = errcode;
    this.errorText = errorText;
  }
}
