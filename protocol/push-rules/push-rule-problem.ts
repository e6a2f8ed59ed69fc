import type { ErrorCode } from '../errors/error-codes.ts';

/** Why a client's change of push rules is refused: the members of the error reply. */
export interface PushRuleProblem {
  readonly errcode: ErrorCode;
  readonly error: string;
}
