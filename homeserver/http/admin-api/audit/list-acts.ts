import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { readAudit } from '../../../storage/administration/read-audit.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/** What administrators and their tools did, the newest first, a page at a time. `outcome` is null where it is not known. */
export const listActs = defineEndpoint({
  operation: 'listActs',
  method: 'GET',
  path: '/_holdfast/v1/admin/audit',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,15}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
      operator: plainText(255),
      target: plainText(500),
    },
  },
  async handle(context, { query: { from, limit = 50, operator, target } }) {
    const before = from === undefined ? Number.MAX_SAFE_INTEGER : Number(from);
    const entries = await readAudit(context.database, { before, limit, operator, target });
    const last = entries.at(-1);
    return {
      acts: entries.map(({ id, atMs, details, ...entry }) => ({
        ...{ id, at_ts: atMs, ...entry },
        details: JSON.parse(details) as JsonObject,
      })),
      ...(last && entries.length === limit && { next_token: `${last.id}` }),
    };
  },
});
