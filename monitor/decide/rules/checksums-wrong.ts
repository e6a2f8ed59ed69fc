import { defineRule } from '../rule.ts';

/** PostgreSQL read a page that is not what it wrote: the disk, the memory or the file system loses data. */
export const checksumsWrong = defineRule({
  name: 'checksums-wrong',
  title: 'Data is being lost: the database reads damaged pages',
  severities: ['page'],
  losesData: true,
  source: 'postgres',
  raiseAfterMs: 0,
  clearAfterMs: 3_600_000,
  judge({ primary }) {
    const failures = primary?.checksumFailures ?? 0;
    if (failures === 0) return [];
    const summary = `PostgreSQL has read ${failures} pages with a wrong checksum`;
    return [{ subject: '', severity: 'page', summary }];
  },
});
