import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { actionButton } from './confirm-button.js';
import { formatMaybeTime, plural } from './format.js';
import { pagedList } from './list.js';
import { cell, copyable, field, form, section } from './parts.js';

const path = '/_holdfast/v1/admin/users';
const pageSize = 50;

/** Where more of an account is shown. */
export function userLink(userId) {
  return build('a', { href: `#/admin/user?id=${encodeURIComponent(userId)}`, class: 'address' }, userId);
}

/** The accounts of this server, and how to make one. */
export function showPeople() {
  const list = pagedList({
    search: 'Find somebody',
    orders: [
      ['by address', 'name f'],
      ['newest first', 'creation_ts b'],
      ['last seen first', 'last_seen_ts b'],
    ],
    empty: 'Nobody is called that.',
    columns: ['Address', 'Name', 'Last seen'],
    caption: ({ total }) => plural(total, 'account', 'accounts'),
    read: readPage,
    showRow: showUser,
    isOver: (user) => user.is_deactivated,
  });
  return build('div', {}, list.element, newAccount(list.refresh));
}

async function readPage({ search, order, from }) {
  const [orderBy, dir] = order.split(' ');
  const query = new URLSearchParams({ order_by: orderBy, dir, limit: String(pageSize), ...(search && { search }) });
  if (from) query.set('from', from);
  const { users, total, next_token: next } = await askAsAdministrator('GET', `${path}?${query}`);
  return { items: users, total, next };
}

const states = [
  ['is_admin', 'administrator'],
  ['is_locked', 'locked'],
  ['is_suspended', 'suspended'],
  ['is_deactivated', 'deactivated'],
];

/** What holds for an account, as marks behind its name. */
export function userBadges(user) {
  return states.filter(([key]) => user[key]).map(([, label]) => build('span', { class: 'badge' }, label));
}

function showUser(user) {
  return [
    cell('Address', userLink(user.user_id), userBadges(user)),
    cell('Name', user.display_name ?? '–'),
    cell('Last seen', formatMaybeTime(user.last_seen_ts)),
  ];
}

function newAccount(refresh) {
  const made = build('div', { 'aria-live': 'polite' });
  const username = field({
    ...{ label: 'User name', name: 'new-username', autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off' },
    ...{ required: true, maxlength: 200, hint: 'A password is made and shown once.' },
  });
  const element = form({
    children: [username.element],
    ...{ action: 'Make an account', busy: 'Making it …' },
    fieldOf: () => username.input,
    async submit() {
      const reply = await askAsAdministrator('POST', path, { username: username.input.value.trim() });
      made.replaceChildren(showMade(reply));
      username.input.value = '';
      refresh();
    },
  });
  return section('Make an account for somebody', element, made);
}

function showMade({ user_id: userId, password }) {
  return build(
    'div',
    { class: 'note' },
    build('p', {}, userLink(userId), ' is made. Its password, shown only now: ', copyable(password, 'the password')),
  );
}

/** A button that makes a new password and shows it once in `place`. */
export function newPasswordButton(userId, place) {
  return actionButton({
    ...{ label: 'New password', what: `for ${userId}`, done: 'The new password is shown' },
    async run() {
      const reply = await askAsAdministrator('POST', `${path}/${encodeURIComponent(userId)}/password`, {});
      const shown = copyable(reply.password, 'the password');
      const text = 'The new password, shown only now; all devices are logged out: ';
      place.replaceChildren(build('div', { class: 'note' }, build('p', {}, text, shown)));
    },
  });
}
