import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../../platform/context.ts';
import {
  type RegistrationTokenRow,
  readRegistrationTokens,
} from '../../../storage/accounts/read-registration-tokens.ts';

/** Throws M_NOT_FOUND. */
export async function findRegistrationToken(context: Context, token: string): Promise<RegistrationTokenRow> {
  const [row] = await readRegistrationTokens(context.database, { token });
  if (!row) throw new MatrixError('M_NOT_FOUND', 'There is no such registration token');
  return row;
}

/** A token as the tools for administrators know it. */
export function formatRegistrationToken(row: RegistrationTokenRow) {
  return {
    token: row.token,
    uses_allowed: row.usesAllowed,
    pending: row.pending,
    completed: row.completed,
    expiry_time: row.expiresMs,
  };
}
