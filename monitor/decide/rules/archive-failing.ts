import { formatDuration } from '../format-figures.ts';
import { defineRule } from '../rule.ts';

const warningMs = 60_000;
const pageMs = 600_000;

/** Logs are not archived: they pile up, and a restore would end where the archive does. */
export const archiveFailing = defineRule({
  name: 'archive-failing',
  title: 'Logs are not archived',
  severities: ['page', 'warning'],
  source: 'postgres',
  raiseAfterMs: 0,
  causes: ['volume-read-only', 'route-lost', 'peer-unreachable'],
  judge({ primary }) {
    const { isOn = false, failingForMs = 0, lastFailedFile } = primary?.archiver ?? {};
    if (!isOn || failingForMs < warningMs) return [];
    const file = lastFailedFile === undefined ? '' : `, last ${lastFailedFile}`;
    const summary = `archiving logs has failed for ${formatDuration(failingForMs)}${file}`;
    return [{ subject: '', severity: failingForMs >= pageMs ? 'page' : 'warning', summary }];
  },
});
