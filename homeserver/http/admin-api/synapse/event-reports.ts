import { closeReport, findReport } from '../../../rooms/reports/close-report.ts';
import { readEventReports, type StoredReport } from '../../../storage/reports/read-reports.ts';
import { readEventById } from '../../../storage/rooms/read-events.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { parseReportId } from '../reports/format-report.ts';
import { directedPageParameters } from './page-parameters.ts';

const base = '/_synapse/admin/v1/event_reports';

/**
 * Events that users reported, the newest first. https://element-hq.github.io/synapse/latest/admin_api/event_reports.html
 */
export const listEventReports = defineEndpoint({
  operation: 'listEventReports',
  method: 'GET',
  path: base,
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      ...directedPageParameters,
      user_id: plainText(255),
      room_id: plainText(255),
    },
  },
  async handle({ database }, { query: { from = 0, limit = 100, dir = 'b', user_id: reporter, room_id: roomId } }) {
    const wanted = { offset: from, limit, oldestFirst: dir === 'f', reporter, roomId };
    const { reports, total } = await readEventReports(database, wanted);
    const next = from + reports.length;
    return { event_reports: reports.map(formatEventReport), total, ...(next < total && { next_token: next }) };
  },
});

function formatEventReport({ id, roomId, eventId, reporter, reason, reportedMs, userId }: StoredReport) {
  return {
    ...{ id, room_id: roomId, event_id: eventId, user_id: reporter, reason, received_ts: reportedMs },
    ...{ sender: userId, score: null, name: null, canonical_alias: null },
  };
}

/** One of them, with the event. Error: M_NOT_FOUND. */
export const getEventReport = defineEndpoint({
  operation: 'getEventReport',
  method: 'GET',
  path: `${base}/{reportId}`,
  authentication: 'admin',
  async handle(context, { params }) {
    const report = await findReport(context, parseReportId(params.reportId));
    const event = report.eventId === null ? undefined : await readEventById(context, report.eventId);
    return {
      ...formatEventReport(report),
      event_json: event ? { ...event.pdu, event_id: event.eventId, room_id: event.roomId } : {},
    };
  },
});

/** Deletes a report that is dealt with. Error: M_NOT_FOUND. */
export const deleteEventReport = defineEndpoint({
  operation: 'deleteEventReport',
  method: 'DELETE',
  path: `${base}/{reportId}`,
  authentication: 'admin',
  async handle(context, { params }) {
    await closeReport(context, parseReportId(params.reportId));
    return {};
  },
});
