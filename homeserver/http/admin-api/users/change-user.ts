import { changeAccount } from '../../../administration/users/change-account.ts';
import { describeAccount } from '../../../administration/users/describe-account.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { formatAccount } from './format-account.ts';

/**
 * Changes what is given of an account: rights, lock, suspension, name. Errors: M_INVALID_PARAM (of another server),
 * M_NOT_FOUND, M_FORBIDDEN (an administrator cannot be locked or suspended, nor take the own rights).
 */
export const changeUser = defineEndpoint({
  operation: 'changeUser',
  method: 'PUT',
  path: '/_holdfast/v1/admin/users/{userId}',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      is_admin: { type: 'boolean' },
      is_locked: { type: 'boolean' },
      is_suspended: { type: 'boolean' },
      display_name: { anyOf: [plainText(256), { type: 'null' }] },
    },
  },
  async handle(context, { requester, params, body }) {
    await changeAccount(context, requester.userId, params.userId, {
      ...{ isAdmin: body.is_admin, isLocked: body.is_locked, isSuspended: body.is_suspended },
      displayName: body.display_name,
    });
    return formatAccount((await describeAccount(context, params.userId)).account);
  },
});
