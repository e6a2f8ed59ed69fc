import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../../platform/context.ts';

/** Throws M_FORBIDDEN unless the directory is shown to other servers. */
export function checkDirectoryShown({ config }: Context): void {
  if (config.federation.publicRooms) return;
  throw new MatrixError('M_FORBIDDEN', 'This server does not show its room directory to other servers');
}
