import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { actionButton } from './confirm-button.js';
import { formatCount, formatDuration, formatMaybeTime } from './format.js';
import { table } from './list.js';
import { cell, loading, section } from './parts.js';

const path = '/_holdfast/v1/admin/federation';
const most = 200;

const states = { idle: 'nothing waits', sending: 'sending', waiting: 'does not answer', 'catching-up': 'catching up' };
const order = ['waiting', 'catching-up', 'sending', 'idle'];

/** What is sent to other servers and comes from them. */
export function showFederation() {
  const place = build('div');
  const refresh = () =>
    place.replaceChildren(
      loading(
        () => askAsAdministrator('GET', path),
        (seen) => show(seen, refresh),
      ),
    );
  refresh();
  return place;
}

function show({ destinations, origins }, refresh) {
  const again = build('button', { type: 'button', onclick: refresh }, 'Look again');
  return [
    section('To other servers', showDestinations(destinations, refresh)),
    section('From other servers', showOrigins(origins)),
    build('p', { class: 'actions' }, again),
  ];
}

function showDestinations(destinations, refresh) {
  if (destinations.length === 0) return build('p', { class: 'hint' }, 'Nothing has been sent to another server yet.');
  const sorted = destinations.toSorted(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.queued - a.queued,
  );
  const waiting = destinations.filter(({ state }) => state === 'waiting').length;
  return table({
    caption: `${formatCount(destinations.length)} servers, ${formatCount(waiting)} do not answer`,
    columns: ['Server', 'State', 'Waiting', 'Last heard', ''],
    items: sorted.slice(0, most),
    showRow: (each) => [
      cell('Server', build('span', { class: 'address' }, each.server)),
      cell(
        'State',
        states[each.state] ?? each.state,
        each.last_error && build('p', { class: 'hint' }, each.last_error),
        each.set_aside > 0 && build('p', { class: 'hint' }, setAsideText(each)),
      ),
      cell(
        'Waiting',
        `${waitingText(each)}${each.waiting_for_ms ? `, for ${formatDuration(each.waiting_for_ms)}` : ''}`,
      ),
      cell('Last heard', formatMaybeTime(each.last_success_ts)),
      build('td', { class: 'end' }, (each.state === 'waiting' || each.set_aside > 0) && retryButton(each, refresh)),
    ],
  });
}

/** Events and messages to devices; what is in memory where the tables are not counted. */
function waitingText({ queued, waiting_events: events, waiting_messages: messages }) {
  const count = `${formatCount(Math.max(queued, events ?? 0))}${events >= 1_000 ? '+' : ''}`;
  return messages > 0 ? `${count}, and ${formatCount(messages)} to devices` : count;
}

function setAsideText({ set_aside: count, last_set_aside: problem }) {
  return `It refuses ${formatCount(count)} messages to devices, which are kept: ${problem ?? ''}`;
}

function retryButton({ server, retry_in_ms: retryInMs }, refresh) {
  return [
    retryInMs !== null && build('span', { class: 'hint' }, `next try in ${formatDuration(retryInMs)} `),
    actionButton({
      ...{ label: 'Try now', what: server, done: 'It is tried' },
      run: () => askAsAdministrator('POST', `${path}/${encodeURIComponent(server)}/retry`).then(refresh),
    }),
  ];
}

function showOrigins(origins) {
  if (origins.length === 0) return build('p', { class: 'hint' }, 'Nothing has come since the processes were started.');
  return table({
    caption: 'Since the processes were started',
    columns: ['Server', 'Events', 'Others', 'Last', 'Waiting', 'Trouble'],
    items: origins.slice(0, most),
    showRow: (each) => [
      cell('Server', build('span', { class: 'address' }, each.server)),
      cell('Events', formatCount(each.pdus)),
      cell('Others', formatCount(each.edus)),
      cell('Last', formatMaybeTime(each.last_received_ts)),
      cell('Waiting', each.waiting === 0 ? '–' : `${each.waiting}, for ${formatDuration(each.oldest_waiting_ms)}`),
      cell('Trouble', ...troubleOf(each)),
    ],
  });
}

/** What went wrong lately with what a server sends, each with its time. */
function troubleOf(origin) {
  const lines = [
    ['A transaction failed', origin.last_problem, origin.last_problem_ts],
    ['An event was not taken', origin.last_refusal, origin.last_refusal_ts],
    ['A request was refused', origin.last_refused_request, origin.last_refused_request_ts],
  ].filter(([, text]) => text);
  if (lines.length === 0) return ['–'];
  return lines.map(([what, text, time]) => build('p', { class: 'hint' }, `${what}, ${formatMaybeTime(time)}: ${text}`));
}
