import { readReports } from '../../../storage/reports/read-reports.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatReport } from './format-report.ts';

/** What users reported, the newest first, a page at a time. */
export const listReports = defineEndpoint({
  operation: 'listReports',
  method: 'GET',
  path: '/_holdfast/v1/admin/reports',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,15}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
    },
  },
  async handle(context, { query: { from, limit = 100 } }) {
    const before = from === undefined ? Number.MAX_SAFE_INTEGER : Number(from);
    const reports = await readReports(context.database, before, limit);
    const last = reports.at(-1);
    return {
      reports: reports.map(formatReport),
      ...(last && reports.length === limit && { next_token: `${last.id}` }),
    };
  },
});
