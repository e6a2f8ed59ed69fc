import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { formatCount, formatSize } from './format.js';
import { loading, section } from './parts.js';

const path = '/_holdfast/v1/admin/overview';

const verdicts = {
  well: 'Everything is all right.',
  warning: 'It works, and something needs a look.',
  critical: 'Something is wrong.',
};

/** Whether everything is all right, and if not what to do; then how large it is. */
export function showOverviewPanel() {
  return loading(() => askAsAdministrator('GET', path), show);
}

function show(seen) {
  return [
    build(
      'div',
      { class: `verdict ${seen.verdict}`, role: 'status' },
      build('p', { class: 'said' }, verdicts[seen.verdict]),
      seen.problems.length > 0 && build('ul', { class: 'problems' }, seen.problems.map(showProblem)),
    ),
    section('Health', build('dl', { class: 'figures' }, figures(seen))),
  ];
}

function showProblem({ severity, what, remedy, page }) {
  return build(
    'li',
    { class: severity },
    build('strong', {}, what),
    build('p', {}, remedy, ' ', build('a', { href: `#${page}` }, 'Look')),
  );
}

function figures(seen) {
  const writes = !seen.problems.some(({ what }) => what.startsWith('Nobody writes'));
  return [
    figure('Writing', writes ? 'works' : 'waits', `${formatCount(seen.shards)} shards`, writes),
    figure('Database', `answers in ${seen.database_answered_in_ms} ms`, formatSize(seen.database_bytes), true),
    figure('Processes', formatCount(seen.processes), undefined, seen.processes > 0),
    figure('Accounts', formatCount(seen.accounts), undefined, true),
    figure('Rooms', formatCount(seen.rooms), undefined, true),
    figure('Reports', formatCount(seen.reports), undefined, true),
    figure('Disk free', formatSize(seen.disk_free_bytes), undefined, true),
    figure('Version', seen.version, undefined, true),
  ];
}

function figure(name, value, detail, isGood) {
  return build(
    'div',
    { class: isGood ? undefined : 'bad' },
    build('dt', {}, name),
    build('dd', {}, build('strong', {}, value), detail && build('span', { class: 'hint' }, detail)),
  );
}
