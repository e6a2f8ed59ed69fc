import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { setProcessResting } from '../../storage/administration/write-resting-process.ts';

/**
 * Asks a process to give its shards to the others and to take none, or ends that. It does so at its next look at the
 * leases, within a fifth of a lease. A process that rests answers as before. Throws M_NOT_FOUND.
 */
export async function restProcess(context: Context, id: string, rests: boolean): Promise<void> {
  if (!(await setProcessResting(context.database, id, rests))) {
    throw new MatrixError('M_NOT_FOUND', 'There is no such process');
  }
}
