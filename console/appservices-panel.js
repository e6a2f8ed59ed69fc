import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { actionButton, confirmButton } from './confirm-button.js';
import { formatCount, formatDuration, formatMaybeTime } from './format.js';
import { table } from './list.js';
import { cell, loading } from './parts.js';

const path = '/_holdfast/v1/admin/appservices';

const states = {
  ...{ idle: 'has everything', sending: 'sending', waiting: 'does not answer', paused: 'paused' },
  ...{ silent: 'wants nothing', opening: 'no process sends to it yet' },
};

const heldBack = 'paused by itself: it is well, and refuses the same events again and again; tried once an hour';

/** Application services and bridges: what waits for each, and how to help. */
export function showAppservices() {
  const place = build('div');
  const refresh = () =>
    place.replaceChildren(
      loading(
        () => askAsAdministrator('GET', path),
        (seen) => show(seen.appservices, refresh),
      ),
    );
  refresh();
  return place;
}

function show(services, refresh) {
  if (services.length === 0) {
    return build(
      'p',
      { class: 'hint' },
      'There are none. Their registrations go into the folder appservices of the data folder.',
    );
  }
  return [
    table({
      caption: 'Each gets what is for it in order, and holds up nobody else',
      columns: ['Service', 'State', 'Waiting', 'Last heard', ''],
      items: services,
      showRow: (each) => showRow(each, refresh),
    }),
    build('p', { class: 'actions' }, build('button', { type: 'button', onclick: refresh }, 'Look again')),
  ];
}

function showRow(each, refresh) {
  const act = (what, body) =>
    askAsAdministrator('POST', `${path}/${encodeURIComponent(each.id)}/${what}`, body).then(refresh);
  const isPaused = each.state === 'paused';
  const waited = each.waiting_for_ms === null ? '' : `, for ${formatDuration(each.waiting_for_ms)}`;
  const trouble = each.last_error && `${formatCount(each.failures)} times: ${each.last_error}`;
  return [
    cell('Service', build('strong', {}, each.id)),
    cell(
      'State',
      each.paused_by === 'itself' ? heldBack : (states[each.state] ?? each.state),
      trouble && build('p', { class: 'hint' }, trouble),
    ),
    cell('Waiting', `${formatCount(each.queued)} in hand, ${formatCount(each.entries_behind)} entries behind${waited}`),
    cell('Last heard', formatMaybeTime(each.last_success_ts)),
    build(
      'td',
      { class: 'end' },
      actionButton({
        ...{ label: isPaused ? 'Resume' : 'Pause', what: each.id, done: isPaused ? 'Resumed' : 'Paused' },
        run: () => act(isPaused ? 'resume' : 'pause'),
      }),
      each.queued > 0 &&
        confirmButton({ label: 'Pass over', what: `what ${each.id} has in hand`, run: () => act('skip', {}) }),
    ),
  ];
}
