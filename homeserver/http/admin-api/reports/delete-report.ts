import { closeReport } from '../../../rooms/reports/close-report.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { parseReportId } from './format-report.ts';

/** Deletes a report that is dealt with; the audit log keeps that it was. Error: M_NOT_FOUND. */
export const deleteReport = defineEndpoint({
  operation: 'deleteReport',
  method: 'DELETE',
  path: '/_holdfast/v1/admin/reports/{reportId}',
  authentication: 'admin',
  async handle(context, { params }) {
    await closeReport(context, parseReportId(params.reportId));
    return {};
  },
});
