import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { readMonitorState } from '../../storage/administration/read-monitor-state.ts';
import { insertOperatorRequest } from '../../storage/administration/write-operator-request.ts';

/**
 * Asks the monitor that pages for something, in the administrator's name. It is stored when this resolves, and done within
 * the monitor's next round, five seconds. Throws M_NOT_FOUND where no monitor watches.
 */
export async function askMonitor({ database }: Context, request: JsonObject & { readonly by: string }): Promise<void> {
  const state = await readMonitorState(database);
  if (!state?.watches) throw new MatrixError('M_NOT_FOUND', 'No monitor watches this server now');
  if (!(await insertOperatorRequest(database, JSON.stringify(request)))) {
    throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many requests wait for the monitor');
  }
}
