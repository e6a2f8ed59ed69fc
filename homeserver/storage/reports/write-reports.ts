import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { ReportedThing } from './reported-thing.ts';

const insertReports: BatchStatement = {
  name: 'insert-reports',
  table: 'report',
  columns: {
    request: 'text',
    reporter: 'text',
    user_id: 'text',
    room_id: 'text',
    event_id: 'text',
    reason: 'text',
    reported_ms: 'bigint',
  },
  text: (rows) => `INSERT INTO report (request, reporter, user_id, room_id, event_id, reason, reported_ms)
    SELECT * FROM ${rows} ON CONFLICT DO NOTHING`,
};

/** `request` names the request. */
export function insertReport(report: ReportedThing & { readonly request: string }): Write {
  const { request, reporter, userId, roomId, eventId, reason, reportedMs } = report;
  return { statement: insertReports, row: [request, reporter, userId, roomId, eventId, reason, reportedMs] };
}

const deleteReports: BatchStatement = {
  name: 'delete-reports',
  table: 'report',
  columns: { id: 'bigint' },
  text: (rows) => `DELETE FROM report USING ${rows} WHERE report.id = row.id`,
};

export function deleteReportRow(id: number): Write {
  return { statement: deleteReports, row: [id] };
}
