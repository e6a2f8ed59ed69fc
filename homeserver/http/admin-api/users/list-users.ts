import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { accountOrders, type ListedAccount, readAccountList } from '../../../storage/accounts/read-account-list.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

const orderNames = Object.keys(accountOrders) as (keyof typeof accountOrders)[];

/**
 * The accounts of this server, a page at a time. `name` looks in localparts and display names, `user_id` in user ids;
 * deactivated ones are left out unless `deactivated`.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#list-accounts
 */
export const listUsers = defineEndpoint({
  operation: 'listUsers',
  method: 'GET',
  path: '/_synapse/admin/v2/users',
  alsoAt: ['/_synapse/admin/v3/users'],
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,9}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
      name: plainText(255),
      user_id: plainText(255),
      // There are none here, so leaving them out changes nothing.
      guests: { type: 'boolean' },
      admins: { type: 'boolean' },
      deactivated: { type: 'boolean' },
      order_by: { enum: orderNames },
      dir: { enum: ['f', 'b'] },
    },
  },
  async handle(context, { query }) {
    const { limit = 100, name, user_id: userId, admins, deactivated = false, order_by: orderBy = 'name' } = query;
    if (name !== undefined && userId !== undefined) {
      throw new MatrixError('M_INVALID_PARAM', 'name and user_id cannot be looked for together');
    }
    const offset = Number(query.from ?? 0);
    const { accounts, total } = await readAccountList(context.database, {
      ...{ offset, limit, name, userId, admins, deactivated, orderBy, descending: query.dir === 'b' },
    });
    const next = offset + accounts.length;
    return { users: accounts.map(formatUser), total, ...(next < total && { next_token: String(next) }) };
  },
});

function formatUser(account: ListedAccount) {
  return {
    name: account.userId,
    displayname: account.displayName,
    avatar_url: account.avatarUrl,
    admin: account.isAdmin,
    deactivated: account.isDeactivated,
    locked: account.isLocked,
    suspended: account.isSuspended,
    erased: account.isErased,
    creation_ts: account.createdMs,
    last_seen_ts: account.lastSeenMs,
    // What other servers have and this one does not.
    is_guest: false,
    shadow_banned: false,
    user_type: null,
  };
}
