import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { pagedList } from './list.js';
import { cell, formatTime } from './parts.js';

const path = '/_holdfast/v1/admin/audit';

/** What administrators and their tools did. */
export function showAudit() {
  return pagedList({
    search: 'Done to (a whole user id, room id or token)',
    empty: 'Nothing yet.',
    columns: ['When', 'Who', 'What', 'Outcome'],
    caption: () => 'Every act is written here before it is done',
    async read({ search, from }) {
      const query = new URLSearchParams({ limit: '50', ...(search && { target: search }), ...(from && { from }) });
      const { acts, next_token: next } = await askAsAdministrator('GET', `${path}?${query}`);
      return { items: acts, next };
    },
    showRow: (act) => [
      cell('When', formatTime(act.at_ts)),
      cell('Who', act.operator, act.address && build('span', { class: 'hint' }, ` from ${act.address}`)),
      cell('What', build('strong', {}, act.operation), act.target && ` ${act.target}`, showDetails(act.details)),
      cell('Outcome', describeOutcome(act.outcome)),
    ],
  }).element;
}

function showDetails(details) {
  const text = JSON.stringify(details);
  return text === '{}' ? null : build('p', { class: 'hint' }, build('code', {}, text.slice(0, 300)));
}

function describeOutcome(outcome) {
  return outcome === null ? 'not known' : outcome;
}
