import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import { readReport, type StoredReport } from '../../storage/reports/read-reports.ts';
import { deleteReportRow } from '../../storage/reports/write-reports.ts';

export const closeReportCommand: Command<{ readonly id: number; readonly reporter: string }, null> = {
  name: 'close-report',
  key: ({ reporter }) => `report ${reporter}`,
  releases: 'committed',
  decide: (shard, { id }) => ({
    result: null,
    committed: shard.append(0, () => ({ entries: [], writes: [deleteReportRow(id)] })),
  }),
};

/** Throws M_NOT_FOUND. */
export async function findReport(context: Context, id: number): Promise<StoredReport> {
  const report = await readReport(context.database, id);
  if (!report) throw new MatrixError('M_NOT_FOUND', 'There is no such report');
  return report;
}

/** An administrator is done with a report: it is deleted. Throws M_NOT_FOUND. */
export async function closeReport(context: Context, id: number): Promise<void> {
  const { reporter } = await findReport(context, id);
  await context.shardLog.submit(closeReportCommand, shardOfUser(context, reporter), { id, reporter });
}
