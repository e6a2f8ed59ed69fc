import { clientAddress, invitationLink, isLocalName } from './addresses.js';
import { askAsAdministrator } from './ask.js';
import { announce, build, newId } from './build.js';
import { cell, copyable, copyText, field, form, formatTime, loading } from './parts.js';

const path = '/_synapse/admin/v1/registration_tokens';
const dayMs = 86_400_000;
const lifetimes = [
  ['1 day', dayMs],
  ['1 week', 7 * dayMs],
  ['1 month', 30 * dayMs],
  ['no end', 0],
];

const modeHints = {
  token: 'Without an invitation nobody can make an account here.',
  closed: 'Registration is closed (registration.mode: closed), so invitations have no effect until that is changed.',
  open: 'Registration is open (registration.mode: open): anybody can make an account, with or without an invitation.',
};

/** Making invitations, and those that there are. */
export function showInvitations(server) {
  const made = build('div', { 'aria-live': 'polite' });
  const list = build('div');
  const refresh = () =>
    list.replaceChildren(
      loading(
        () => askAsAdministrator('GET', path),
        (reply) => showList(server, reply.registration_tokens, refresh),
      ),
    );
  refresh();
  const created = (invitation) => {
    made.replaceChildren(showMade(server, invitation));
    refresh();
  };
  return build('div', {}, build('p', {}, modeHints[server.registration]), invitationForm(created), made, list);
}

function invitationForm(created) {
  const uses = field({
    label: 'For how many people',
    name: 'uses',
    type: 'number',
    min: 1,
    max: 10_000,
    value: '1',
    required: true,
    inputmode: 'numeric',
  });
  const id = newId('lifetime');
  const lifetime = build(
    'select',
    { id },
    lifetimes.map(([label, ms], index) => build('option', { value: String(ms), selected: index === 1 }, label)),
  );
  return form({
    children: [
      build(
        'div',
        { class: 'row' },
        uses.element,
        build('div', { class: 'field' }, build('label', { for: id }, 'Valid for'), lifetime),
      ),
    ],
    ...{ action: 'Make an invitation', busy: 'Making it …' },
    async submit() {
      const lifetimeMs = Number(lifetime.value);
      const body = {
        uses_allowed: Number(uses.input.value),
        ...(lifetimeMs > 0 && { expiry_time: Date.now() + lifetimeMs }),
      };
      created(await askAsAdministrator('POST', `${path}/new`, body));
    },
  });
}

function showMade(server, { token }) {
  const { isCertain } = clientAddress(server);
  const local = isLocalName(server.server_name) && '(it works on this computer only)';
  const later = !isCertain && `(it works once the world reaches ${server.server_name})`;
  return build(
    'div',
    { class: 'note' },
    build('p', {}, build('strong', {}, 'Send this link'), local || later ? ` ${local || later}` : null),
    build('p', {}, copyable(invitationLink(server, token), 'the invitation')),
    build('p', {}, 'Or, for apps that ask for a registration token: ', copyable(token, 'the token')),
  );
}

function showList(server, tokens, refresh) {
  if (tokens.length === 0) return build('p', { class: 'hint' }, 'There are no invitations yet.');
  const rows = tokens.toReversed().map((invitation) => showRow(server, invitation, refresh));
  const head = build(
    'tr',
    {},
    ['Token', 'Used', 'Until', ''].map((name) =>
      build('th', { scope: 'col' }, name || build('span', { class: 'visually-hidden' }, 'Actions')),
    ),
  );
  return build(
    'table',
    { class: 'cards' },
    build('caption', { class: 'visually-hidden' }, 'Invitations'),
    build('thead', {}, head),
    build('tbody', {}, rows),
  );
}

function showRow(server, invitation, refresh) {
  const { token, uses_allowed: allowed, completed, pending, expiry_time: expires } = invitation;
  const state = describeState(invitation);
  const used = `${completed} of ${allowed ?? 'any number'}${pending > 0 ? `, ${pending} in progress` : ''}`;
  const until = expires === null ? 'no end' : formatTime(expires);
  return build(
    'tr',
    { class: state ? 'over' : undefined },
    cell('Token', build('code', {}, token), state && build('span', { class: 'badge' }, state)),
    cell('Used', used),
    cell('Until', until),
    build('td', { class: 'end' }, !state && copyLink(server, token), revokeButton(token, refresh)),
  );
}

function describeState({ uses_allowed: allowed, completed, expiry_time: expires }) {
  if (expires !== null && expires <= Date.now()) return 'expired';
  return allowed !== null && completed >= allowed ? 'used up' : undefined;
}

function copyLink(server, token) {
  const button = build(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'aria-label': `Copy link of ${token}`,
      async onclick() {
        const link = invitationLink(server, token);
        if (await copyText(link)) button.textContent = 'Copied';
        else prompt('Copy this link:', link);
      },
    },
    'Copy link',
  );
  return button;
}

/** The first press asks, the second one does it: a dialogue for one click would be more in the way. */
function revokeButton(token, refresh) {
  const button = build(
    'button',
    { type: 'button', class: 'quiet danger', 'aria-label': `Take back ${token}` },
    'Take back',
  );
  let asked = false;
  button.addEventListener('click', async () => {
    if (!asked) {
      asked = true;
      button.textContent = 'Really?';
      button.setAttribute('aria-label', `Really take back ${token}`);
      announce('Press again to take it back');
      return;
    }
    try {
      await askAsAdministrator('DELETE', `${path}/${encodeURIComponent(token)}`);
      announce('Taken back');
      refresh();
    } catch (error) {
      button.textContent = error.message;
    }
  });
  button.addEventListener('blur', () => {
    asked = false;
    button.textContent = 'Take back';
    button.setAttribute('aria-label', `Take back ${token}`);
  });
  return button;
}
