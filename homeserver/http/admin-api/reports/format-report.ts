import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { StoredReport } from '../../../storage/reports/read-reports.ts';

/** A report as our own admin API tells it. */
export function formatReport({ id, reporter, userId, roomId, eventId, reason, reportedMs }: StoredReport) {
  return {
    ...{ id, reporter, user_id: userId, room_id: roomId, event_id: eventId, reason },
    reported_ts: reportedMs,
  };
}

/** The number in a path. Throws M_NOT_FOUND for what is none. */
export function parseReportId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new MatrixError('M_NOT_FOUND', 'There is no such report');
  return Number(text);
}
