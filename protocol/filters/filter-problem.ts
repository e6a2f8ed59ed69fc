import type { ErrorCode } from '../errors/error-codes.ts';

/** Why a client's filter is refused: the members of the error reply. */
export interface FilterProblem {
  readonly errcode: ErrorCode;
  readonly error: string;
}
