import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { formatTime, loading, section } from './parts.js';

/** How the server is, in a few figures. */
export function showHealth() {
  return loading(() => askAsAdministrator('GET', '/_holdfast/v1/admin/health'), showFigures);
}

function showFigures({ version, account_count: accounts, database, shards, processes }) {
  const writes = shards.without_owner === 0;
  const alive = processes.filter((process) => process.silent_for_ms < 15_000);
  return section(
    'Health',
    build(
      'dl',
      { class: 'figures' },
      figure(
        'Writing',
        writes ? 'works' : 'waits',
        writes ? undefined : `${shards.without_owner} of ${shards.count} shards have no owner`,
        writes,
      ),
      figure(
        'Database',
        `answers in ${database.answered_in_ms} ms`,
        `PostgreSQL ${database.version}, ${formatSize(database.size_bytes)}`,
        true,
      ),
      figure('Processes', String(alive.length), describeOldest(alive), alive.length > 0),
      figure('Accounts', String(accounts), undefined, true),
      figure('Version', version, undefined, true),
    ),
  );
}

function figure(name, value, detail, isGood) {
  return build(
    'div',
    { class: isGood ? undefined : 'bad' },
    build('dt', {}, name),
    build('dd', {}, build('strong', {}, value), detail && build('span', { class: 'hint' }, detail)),
  );
}

function describeOldest(processes) {
  const started = Math.min(...processes.map((process) => process.started_ts));
  return Number.isFinite(started) ? `since ${formatTime(started)}` : undefined;
}

function formatSize(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
