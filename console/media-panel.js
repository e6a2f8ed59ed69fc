import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { actionButton, confirmButton } from './confirm-button.js';
import { formatSize } from './format.js';
import { pagedList } from './list.js';
import { cell, field, form, section } from './parts.js';
import { userLink } from './people-panel.js';

const path = '/_holdfast/v1/admin/media';

/** Withhold and delete, for a file with its `mxc` address. */
export function mediaButtons({ mxc, is_quarantined: isWithheld, file_name: name, media_id: id }, refresh) {
  const place = `${path}/${mxc.slice('mxc://'.length)}`;
  const what = name ?? id;
  return [
    actionButton({
      ...{ label: isWithheld ? 'Give out again' : 'Withhold', what, done: isWithheld ? 'Given out again' : 'Withheld' },
      run: () => askAsAdministrator('PUT', `${place}/quarantine`, { quarantine: !isWithheld }).then(refresh),
    }),
    confirmButton({
      label: 'Delete',
      what,
      done: 'Deleted',
      run: () => askAsAdministrator('DELETE', place).then(refresh),
    }),
  ];
}

/** Who stores most, and one file by its address. */
export function showMedia() {
  const list = pagedList({
    empty: 'Nobody has stored a file yet.',
    columns: ['Account', 'Size'],
    caption: () => 'Who stores most',
    async read({ from = '0' }) {
      const reply = await askAsAdministrator('GET', `${path}/usage?limit=50&from=${from}`);
      return { items: reply.users, next: reply.next_token };
    },
    showRow: ({ user_id: userId, size_bytes: size }) => [
      cell('Account', userLink(userId)),
      cell('Size', formatSize(size)),
    ],
  });
  return build('div', {}, list.element, oneFile());
}

function oneFile() {
  const shown = build('div', { 'aria-live': 'polite' });
  const address = field({
    ...{ label: 'Address of a file', name: 'mxc', placeholder: 'mxc://example.org/abc', required: true },
    ...{ autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off', maxlength: 600 },
    hint: 'Of this server or another, whether it is here or not. A withheld file is given to nobody.',
  });
  const element = form({
    children: [address.element],
    ...{ action: 'Find', busy: 'Finding …' },
    fieldOf: () => address.input,
    async submit() {
      const found = /^mxc:\/\/([^/]+)\/([\w-]+)$/.exec(address.input.value.trim());
      if (!found) throw new Error('The address of a file looks like mxc://example.org/abc.');
      const file = { mxc: found[0], media_id: found[2], file_name: null };
      shown.replaceChildren(
        build(
          'p',
          { class: 'actions' },
          mediaButtons({ ...file, is_quarantined: false }, () => {})[0],
          mediaButtons({ ...file, is_quarantined: true }, () => {}),
        ),
      );
    },
  });
  return section('One file', element, shown);
}
