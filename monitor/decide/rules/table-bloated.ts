import { formatBytes, formatShare } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

/** Small tables are cleared up in a moment; what is dead in them costs nothing. */
const leastBytes = 256 * 1024 ** 2;
const warningShare = 0.5;
/** One that is being cleared up falls below this before it is called well. */
const wellShare = 0.35;

/** More of a table is dead rows than live ones, and nothing clears them up: it grows, and reading it takes longer. */
export const tableBloated = defineRule({
  name: 'table-bloated',
  title: 'A table is full of dead rows',
  severities: ['warning'],
  source: 'postgres',
  // Autovacuum looks once a minute and takes its time with a large table.
  raiseAfterMs: 30 * 60_000,
  causes: ['transaction-open-long', 'slot-running-out', 'disk-filling'],
  judge({ primary }, { isRaised }) {
    return (primary?.deadRows ?? []).flatMap(({ table, share, sizeBytes }) => {
      if (sizeBytes < leastBytes || share < (isRaised(table) ? wellShare : warningShare)) return [];
      const summary = `${formatShare(share)} of the rows of ${table} (${formatBytes(sizeBytes)}) are dead and not cleared up`;
      return [{ subject: table, severity: 'warning', summary }];
    });
  },
});
