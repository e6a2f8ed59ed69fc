import { closeAccount } from '../../../administration/users/change-account.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Closes an account for good: it leaves its rooms, its devices go, its name stays taken; with `erase` its profile and
 * account data go too. May be repeated. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND, M_FORBIDDEN (an
 * administrator).
 */
export const deactivateUser = defineEndpoint({
  operation: 'deactivateUser',
  method: 'POST',
  path: '/_holdfast/v1/admin/users/{userId}/deactivate',
  authentication: 'admin',
  body: { type: 'object', properties: { erase: { type: 'boolean' } } },
  async handle(context, { params, body }) {
    await closeAccount(context, params.userId, body.erase ?? false);
    return {};
  },
});
