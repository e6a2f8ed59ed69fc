import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { queryRoomAlias, queryUser } from '../appservices/requests/query-appservices.ts';
import type { Context } from '../platform/context.ts';
import type { ResolvedRoom } from '../rooms/directory/resolve-alias.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';

/** Lets an application service that has an unknown user of this server in its namespaces make the account. */
export async function askForUser(context: Context, userId: string): Promise<void> {
  if (!isUserOfServer(userId, context.serverName) || (await readAccount(context.database, userId))) return;
  await queryUser(context, userId);
}

/**
 * Finds a room by its alias; where there is none, an application service that has the alias in its namespaces may make
 * the room. Throws as `resolve` does.
 */
export async function resolveOrAsk(
  context: Context,
  alias: string,
  resolve: (context: Context, alias: string) => Promise<ResolvedRoom>,
): Promise<ResolvedRoom> {
  try {
    return await resolve(context, alias);
  } catch (error) {
    if (!(error instanceof MatrixError && error.errcode === 'M_NOT_FOUND')) throw error;
    if (!alias.endsWith(`:${context.serverName}`) || !(await queryRoomAlias(context, alias))) throw error;
    return await resolve(context, alias);
  }
}
