import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../../platform/context.ts';

/** Throws M_NOT_FOUND for the directory of another server, which this one cannot ask. */
export function checkDirectoryServer(context: Context, server: string | undefined): void {
  if (server === undefined || server === context.serverName) return;
  throw new MatrixError('M_NOT_FOUND', 'The directory of another server cannot be reached from here');
}
