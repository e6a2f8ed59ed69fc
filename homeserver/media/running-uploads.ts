import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';

/** Files that one user sends at once, on this process: each holds a connection, a file and space on the disk. */
const mostPerUser = 20;
const retryAfterMs = 5_000;

const countByUser = new Map<string, number>();

/** Counts an upload as running until the function given back is called. Throws M_LIMIT_EXCEEDED. */
export function beginUpload(userId: string): () => void {
  const count = countByUser.get(userId) ?? 0;
  if (count >= mostPerUser) {
    throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many uploads at the same time', {
      fields: { retry_after_ms: retryAfterMs },
    });
  }
  countByUser.set(userId, count + 1);
  return () => {
    const left = (countByUser.get(userId) ?? 1) - 1;
    if (left === 0) countByUser.delete(userId);
    else countByUser.set(userId, left);
  };
}
