import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../../platform/context.ts';
import { closeReport, findReport } from '../../../rooms/reports/close-report.ts';
import { readUserReports, type StoredReport } from '../../../storage/reports/read-reports.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { parseReportId } from '../reports/format-report.ts';
import { directedPageParameters } from './page-parameters.ts';

const base = '/_synapse/admin/v1/user_reports';

/**
 * Users that others reported, without an event or a room; a page at a time.
 * https://element-hq.github.io/synapse/latest/admin_api/user_reports.html
 */
export const listUserReportsV1 = defineEndpoint({
  operation: 'listUserReportsV1',
  method: 'GET',
  path: base,
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ...directedPageParameters,
      user_id: plainText(255),
      target_user_id: plainText(255),
    },
  },
  async handle({ database }, { query }) {
    const { from = 0, limit = 100, dir = 'b', user_id: reporter, target_user_id: userId } = query;
    const wanted = { offset: from, limit, oldestFirst: dir === 'f', reporter, userId };
    const { reports, total } = await readUserReports(database, wanted);
    const next = from + reports.length;
    return { user_reports: reports.map(formatUserReport), total, ...(next < total && { next_token: next }) };
  },
});

function formatUserReport({ id, reporter, userId, reason, reportedMs }: StoredReport) {
  return { id, user_id: reporter, target_user_id: userId, reason, received_ts: reportedMs };
}

async function requireUserReport(context: Context, reportId: string): Promise<StoredReport> {
  const report = await findReport(context, parseReportId(reportId));
  if (report.eventId === null && report.roomId === null) return report;
  throw new MatrixError('M_NOT_FOUND', 'There is no such report of a user');
}

/** One of them. Error: M_NOT_FOUND. */
export const getUserReportV1 = defineEndpoint({
  operation: 'getUserReportV1',
  method: 'GET',
  path: `${base}/{reportId}`,
  authentication: 'admin',
  handle: async (context, { params }) => formatUserReport(await requireUserReport(context, params.reportId)),
});

/** Deletes one that is dealt with. Error: M_NOT_FOUND. */
export const deleteUserReportV1 = defineEndpoint({
  operation: 'deleteUserReportV1',
  method: 'DELETE',
  path: `${base}/{reportId}`,
  authentication: 'admin',
  async handle(context, { params }) {
    const { id } = await requireUserReport(context, params.reportId);
    await closeReport(context, id);
    return {};
  },
});
