import { askAsAdministrator } from './ask.js';
import { build, newId } from './build.js';
import { cell, formatTime, loading } from './parts.js';

const path = '/_synapse/admin/v2/users';
const pageSize = 50;
const searchPauseMs = 250;

/** The accounts of this server. */
export function showPeople() {
  const id = newId('search');
  const list = build('div', { 'aria-live': 'polite' });
  const search = build('input', { id, type: 'search', autocomplete: 'off', maxlength: 200 });
  const refresh = () =>
    list.replaceChildren(
      loading(
        () => readPage(search.value.trim(), '0'),
        (page) => showPage(page, search),
      ),
    );
  let timer;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, searchPauseMs);
  });
  refresh();
  return build('div', {}, build('div', { class: 'field' }, build('label', { for: id }, 'Find somebody'), search), list);
}

function readPage(name, from) {
  const query = new URLSearchParams({ from, limit: String(pageSize), deactivated: 'true', ...(name && { name }) });
  return askAsAdministrator('GET', `${path}?${query}`);
}

function showPage({ users, total, next_token: next }, search) {
  if (total === 0) return build('p', { class: 'hint' }, 'Nobody is called that.');
  const body = build('tbody', {}, users.map(showRow));
  const head = build(
    'tr',
    {},
    ['Address', 'Name', 'Last seen'].map((name) => build('th', { scope: 'col' }, name)),
  );
  const table = build(
    'table',
    { class: 'cards' },
    build('caption', {}, `${total} ${total === 1 ? 'account' : 'accounts'}`),
    build('thead', {}, head),
    body,
  );
  return [table, next && moreButton(next, search, body)].filter(Boolean);
}

function moreButton(first, search, body) {
  let next = first;
  const button = build('button', { type: 'button', onclick: more }, 'Show more');
  async function more() {
    button.disabled = true;
    try {
      const page = await readPage(search.value.trim(), next);
      body.append(...page.users.map(showRow));
      next = page.next_token;
      if (next === undefined) button.remove();
    } catch (error) {
      button.textContent = error.message;
    }
    button.disabled = false;
  }
  return button;
}

function showRow(user) {
  const badges = ['admin', 'locked', 'suspended', 'deactivated'].filter((state) => user[state]);
  return build(
    'tr',
    { class: user.deactivated ? 'over' : undefined },
    cell(
      'Address',
      build('span', { class: 'address' }, user.name),
      badges.map((state) => build('span', { class: 'badge' }, state === 'admin' ? 'administrator' : state)),
    ),
    cell('Name', user.displayname ?? '–'),
    cell('Last seen', describeSeen(user.last_seen_ts)),
  );
}

function describeSeen(timeMs) {
  return timeMs ? formatTime(timeMs) : '–';
}
