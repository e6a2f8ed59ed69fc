import { DeadlineExceededError } from '@holdfast/effects/deadline.ts';
import { describeFetchError } from '../../platform/fetch-json.ts';

/** Why there was no answer, for people: a half sentence such as `its certificate has expired`. */
export function describeConnectionError(error: unknown): string {
  if (error instanceof DeadlineExceededError) return `it did not answer in time: ${error.message}`;
  return describeFetchError(error);
}
