import { findReport } from '../../../rooms/reports/close-report.ts';
import { readEventById } from '../../../storage/rooms/read-events.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatReport, parseReportId } from './format-report.ts';

/** One report, with the event that was reported as it is stored now. Error: M_NOT_FOUND. */
export const getReport = defineEndpoint({
  operation: 'getReport',
  method: 'GET',
  path: '/_holdfast/v1/admin/reports/{reportId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const report = await findReport(context, parseReportId(params.reportId));
    const event = report.eventId === null ? undefined : await readEventById(context, report.eventId);
    const shown = event?.roomId === report.roomId ? event : undefined;
    return {
      ...formatReport(report),
      event: shown ? { ...shown.pdu, event_id: shown.eventId, room_id: shown.roomId } : null,
    };
  },
});
