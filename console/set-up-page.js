import { ask, keepSession } from './ask.js';
import { build, newId } from './build.js';
import { field, form, heading, newPasswordField } from './parts.js';

/** Somebody opened the address without the one-time token. */
export function showWaitingForSetUp() {
  return [
    heading('This server is not set up yet'),
    build(
      'p',
      { class: 'lead' },
      'Open the address that it printed in its terminal when it started. It ends with a word that only works once, so that nobody else can set it up.',
    ),
    build('p', {}, 'You cannot find it any more? Stop the server with Ctrl-C and start it again: it prints a new one.'),
  ];
}

/** Names the server, then makes the first account. `reload` shows what comes after a step. */
export function showSetUp(server, token, reload) {
  if (token === '') return showWaitingForSetUp();
  return server.stage === 'name' ? showNaming(token, reload) : showFirstAccount(server, token);
}

const stepNames = ['Name', 'Your account', 'Ready'];

function steps(current) {
  return build(
    'ol',
    { class: 'steps', 'aria-label': 'Steps of the set-up' },
    stepNames.map((name, index) => {
      const state = index < current ? 'done' : index === current ? 'current' : 'coming';
      return build(
        'li',
        { class: state, 'aria-current': state === 'current' ? 'step' : undefined },
        name,
        state === 'done' && build('span', { class: 'visually-hidden' }, ' (done)'),
      );
    }),
  );
}

function showNaming(token, reload) {
  const place = build('div');
  const begin = () => place.replaceChildren(...askForName(goOn));
  const goOn = (name) => place.replaceChildren(...confirmName(name, token, begin, reload));
  begin();
  return place;
}

function askForName(chosen) {
  const domain = field({
    ...{ label: 'Domain', name: 'domain', placeholder: 'example.org', inputmode: 'url', autocomplete: 'off' },
    ...{ autocapitalize: 'none', spellcheck: 'false', maxlength: 230 },
    hint: 'As in people’s addresses. Usually the bare domain, example.org and not matrix.example.org: the server can run anywhere behind it.',
  });
  const example = build('strong', { class: 'address' });
  const [own, trial] = [
    choice('domain', 'With a domain of mine', 'For a server that stays. The domain need not point here yet.', true),
    choice(
      'localhost',
      'Only to try it out',
      'It will be called localhost and be used from this computer only. A real one is started afresh later.',
      false,
    ),
  ];
  const readName = () => (own.input.checked ? tidyName(domain.input.value) : 'localhost');
  const update = () => {
    domain.element.hidden = !own.input.checked;
    domain.input.required = own.input.checked;
    example.textContent = `@anna:${readName() || 'example.org'}`;
  };
  const element = form({
    children: [
      build('fieldset', {}, build('legend', {}, 'How will this server be used?'), own.element, trial.element),
      domain.element,
      build('p', { class: 'preview' }, 'People here will have addresses such as ', example),
      build(
        'p',
        { class: 'note' },
        build('strong', {}, 'The name can never be changed. '),
        'It is part of every address, every room and every signature that this server makes.',
      ),
    ],
    ...{ action: 'Continue', busy: 'Continue' },
    fieldOf: () => domain.input,
    async submit() {
      const name = readName();
      if (!/^(\[[0-9a-f:.]+\]|[0-9a-z.-]+)(:\d{1,5})?$/.test(name)) {
        throw new Error('A name consists of letters, digits, dots and hyphens, such as example.org.');
      }
      chosen(name);
    },
  });
  element.addEventListener('input', update);
  update();
  return [
    steps(0),
    heading('Name your homeserver'),
    build('p', { class: 'lead' }, 'Welcome. Two questions, and your own Matrix homeserver is ready.'),
    element,
  ];
}

/** What people paste: `https://Example.org/` means example.org. */
function tidyName(text) {
  return text
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/\/.*$/, '')
    .replace(/^@[^:]*:/, '');
}

function choice(value, label, hint, checked) {
  const id = newId('choice');
  const input = build('input', { type: 'radio', name: 'use', id, value, checked, 'aria-describedby': `${id}-hint` });
  const element = build(
    'div',
    { class: 'choice' },
    input,
    build('div', {}, build('label', { for: id }, label), build('p', { class: 'hint', id: `${id}-hint` }, hint)),
  );
  return { element, input };
}

function confirmName(name, token, back, reload) {
  const title = heading('Is this its name for good?');
  const element = form({
    children: [
      build('p', { class: 'big-name' }, name),
      build(
        'p',
        {},
        'Your own address could then be ',
        build('strong', { class: 'address' }, `@anna:${name}`),
        '. Once it is named, only a new and empty server can have another name.',
      ),
    ],
    ...{ action: `Yes, name it ${name}`, busy: 'Starting the homeserver …' },
    secondary: build('button', { type: 'button', class: 'quiet', onclick: back }, 'Choose another name'),
    async submit() {
      await ask('POST', '/_holdfast/v1/set-up/name', { body: { token, server_name: name } });
      await reload();
    },
  });
  queueMicrotask(() => title.focus());
  return [steps(0), title, element];
}

function showFirstAccount(server, token) {
  const username = field({
    ...{ label: 'User name', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' },
    ...{ required: true, before: '@', after: `:${server.server_name}`, maxlength: 200 },
    hint: 'Small letters, digits and . _ - = /',
  });
  const password = newPasswordField({ minimumLength: server.minimum_password_length });
  const element = form({
    children: [username.element, password.element],
    ...{ action: 'Make the account', busy: 'Making the account …' },
    fieldOf: (error) =>
      error.errcode === 'M_WEAK_PASSWORD'
        ? password.input
        : /USER/.test(error.errcode ?? '')
          ? username.input
          : undefined,
    async submit() {
      const body = { token, username: username.input.value.trim().replace(/^@/, ''), password: password.input.value };
      keepSession(await ask('POST', '/_holdfast/v1/set-up/administrator', { body }));
      location.replace('#/admin/welcome');
    },
  });
  return [
    steps(1),
    heading('Make your account'),
    build(
      'p',
      { class: 'lead' },
      `The first account on ${server.server_name} is the administrator’s: it looks after the server and invites people.`,
    ),
    element,
  ];
}
