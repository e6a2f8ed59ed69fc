import { userInfo } from 'node:os';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { beginAct, endAct } from '../administration/audit/record-act.ts';
import type { Context } from '../platform/context.ts';
import type { CommandInput } from './command.ts';
import { withContext } from './with-context.ts';

/** What a command is about to change. */
interface CommandAct {
  /** As in the admin API where it has the same. */
  readonly operation: string;
  /** What it is done to, such as a user's name. */
  readonly target: string;
}

/**
 * As withContext, for what changes something: it stands in the audit log before it is done, with the name of the system's
 * user who asked for it. Values of options are left out: some are secret.
 */
export function withRecord<T>(
  input: CommandInput,
  { operation, target }: CommandAct,
  task: (context: Context) => Promise<T>,
): Promise<T> {
  return withContext(input, async (context) => {
    const operator = `command line: ${userInfo().username}`;
    const details = { options: Object.keys(input.options).sort((a, b) => (a < b ? -1 : 1)) };
    const recorded = await beginAct(context, { operator, operation, target, details, address: null });
    try {
      const result = await task(context);
      await endAct(context, recorded, 'done');
      return result;
    } catch (error) {
      await endAct(context, recorded, error instanceof MatrixError ? error.errcode : 'failed');
      throw error;
    }
  });
}
