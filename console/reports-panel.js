import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { confirmButton } from './confirm-button.js';
import { pagedList } from './list.js';
import { cell, formatTime } from './parts.js';
import { userLink } from './people-panel.js';
import { roomLink } from './rooms-panel.js';

const path = '/_holdfast/v1/admin/reports';

/** What users reported, the newest first. */
export function showReports() {
  const list = pagedList({
    empty: 'Nobody has reported anything.',
    columns: ['What', 'Why', 'By', ''],
    caption: () => 'What users find inappropriate',
    async read({ from }) {
      const reply = await askAsAdministrator('GET', `${path}?limit=50${from ? `&from=${from}` : ''}`);
      return { items: reply.reports, next: reply.next_token };
    },
    showRow: (report) => [
      cell('What', describe(report)),
      cell('Why', report.reason ?? '–'),
      cell('By', userLink(report.reporter), build('p', { class: 'hint' }, formatTime(report.reported_ts))),
      build(
        'td',
        { class: 'end' },
        report.event_id && showEventButton(report),
        confirmButton({
          ...{ label: 'Dealt with', what: `report ${report.id}`, done: 'The report is deleted' },
          run: () => askAsAdministrator('DELETE', `${path}/${report.id}`).then(list.refresh),
        }),
      ),
    ],
  });
  return list.element;
}

function describe({ user_id: userId, room_id: roomId, event_id: eventId }) {
  const parts = [];
  if (eventId) parts.push('An event');
  else if (roomId) parts.push('The room');
  else parts.push('The user');
  if (userId) parts.push(eventId ? ' of ' : ' ', userLink(userId));
  if (roomId) parts.push(eventId ? ' in ' : ' ', roomLink(roomId, roomId));
  return parts;
}

/** The event is shown below its row, as it is stored now. */
function showEventButton({ id }) {
  const button = build(
    'button',
    { type: 'button', class: 'quiet', 'aria-label': `Show the event of report ${id}` },
    'Show',
  );
  button.addEventListener('click', async () => {
    try {
      const { event } = await askAsAdministrator('GET', `${path}/${id}`);
      const text = event ? JSON.stringify(event.content, null, 2) : 'The event is not here any more.';
      button.replaceWith(build('pre', { class: 'event', tabindex: '0' }, text.slice(0, 5_000)));
    } catch (error) {
      button.textContent = error.message;
    }
  });
  return button;
}
