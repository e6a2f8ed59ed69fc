import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { makeUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { createAccount } from '../../../accounts/create-account.ts';
import type { SessionRequest } from '../../../accounts/new-session.ts';
import type { ApplicationService } from '../../../appservices/registrations/application-service.ts';
import type { Context } from '../../../platform/context.ts';
import { formatSession } from '../login/format-session.ts';

/**
 * Makes an account of an application service's namespaces, without a password. `login` absent: nobody is logged in.
 * Throws M_MISSING_PARAM, M_INVALID_USERNAME, M_EXCLUSIVE and M_USER_IN_USE.
 * https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions
 */
export async function registerForService(
  context: Context,
  service: ApplicationService,
  username: string | undefined,
  login: SessionRequest | undefined,
) {
  if (username === undefined) throw new MatrixError('M_MISSING_PARAM', 'Missing username in the body');
  const userId = makeUserId(username, context.serverName);
  if (userId === undefined) {
    throw new MatrixError('M_INVALID_USERNAME', 'A user name is made of a-z, 0-9 and ._=-/+, and not too long');
  }
  if (!service.hasUser(userId)) {
    throw new MatrixError('M_EXCLUSIVE', 'The user id is not in the namespaces of the application service');
  }
  const session = await createAccount(context, { userId, passwordHash: null, displayName: username, login });
  return { user_id: userId, home_server: context.serverName, ...(session && formatSession(session)) };
}
