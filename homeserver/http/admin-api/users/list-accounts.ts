import { accountOrders, readAccountList } from '../../../storage/accounts/read-account-list.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { formatAccount } from './format-account.ts';

const orders = Object.keys(accountOrders) as (keyof typeof accountOrders)[];

/** The accounts of this server, a page at a time. `search` looks in localparts and display names. */
export const listAccounts = defineEndpoint({
  operation: 'listAccounts',
  method: 'GET',
  path: '/_holdfast/v1/admin/users',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,9}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
      search: plainText(255),
      is_admin: { type: 'boolean' },
      with_deactivated: { type: 'boolean' },
      order_by: { enum: orders },
      dir: { enum: ['f', 'b'] },
    },
  },
  async handle(context, { query }) {
    const { from = '0', limit = 50, search: name, is_admin: admins, order_by: orderBy = 'name', dir } = query;
    const { accounts, total } = await readAccountList(context.database, {
      ...{ offset: Number(from), limit, name, userId: undefined, admins, orderBy, descending: dir === 'b' },
      deactivated: query.with_deactivated ?? true,
    });
    const next = Number(from) + accounts.length;
    return { users: accounts.map(formatAccount), total, ...(next < total && { next_token: String(next) }) };
  },
});
