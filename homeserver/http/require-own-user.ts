import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Requester } from './endpoint.ts';

/** Throws M_FORBIDDEN unless the path's user is the one who asks. */
export function requireOwnUser(requester: Requester, userId: string): void {
  if (requester.userId !== userId) throw new MatrixError('M_FORBIDDEN', 'This is only for the user in question');
}
