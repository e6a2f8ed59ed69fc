import { ask } from './ask.js';
import { build, newId } from './build.js';
import { connectSteps } from './landing-page.js';
import { externalLink, field, form, heading, loading, newPasswordField } from './parts.js';

const registerPath = '/_matrix/client/v3/register';
const validityPath = '/_matrix/client/v1/register/m.login.registration_token/validity';

/** Where an invited person makes an account: many apps cannot do that with a registration token. */
export function showInvitation(server, parameters) {
  const token = parameters.get('token') ?? '';
  const place = build('div');
  const greeting = [
    heading(`Join ${server.server_name}`),
    build('p', { class: 'lead' }, 'Make an account here, then use it in any Matrix app.'),
  ];
  place.append(
    ...greeting,
    loading(
      () => readFlow(token),
      (flow) => accountForm(server, token, flow, (userId) => place.replaceChildren(...showMade(server, userId))),
    ),
  );
  return { title: `Join ${server.server_name}`, content: place };
}

/** What the server asks of new people. Throws what it says when it takes none. */
async function readFlow(token) {
  const challenge = await ask('POST', registerPath, { body: {} }).catch((error) => {
    if (error.status !== 401) throw error;
    return error.body;
  });
  const stages = challenge.flows?.[0]?.stages ?? [];
  if (stages.includes('m.login.registration_token')) {
    if (token === '') throw new Error('This server needs an invitation: please open the link that you were sent.');
    const { valid } = await ask('GET', `${validityPath}?token=${encodeURIComponent(token)}`);
    if (!valid)
      throw new Error('This invitation has been used up, has expired or was taken back. Please ask for a new one.');
  }
  const policies = Object.values(challenge.params?.['m.login.terms']?.policies ?? {});
  return { stages, terms: policies.map((policy) => policy.en).filter(Boolean) };
}

function accountForm(server, token, { stages, terms }, made) {
  const username = field({
    ...{ label: 'User name', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' },
    ...{ required: true, before: '@', after: `:${server.server_name}`, maxlength: 200 },
    hint: 'Small letters, digits and . _ - = /. It cannot be changed later; the name that others see can.',
  });
  const password = newPasswordField({ minimumLength: server.minimum_password_length });
  return form({
    children: [username.element, password.element, terms.map((policy) => agreement(policy))],
    ...{ action: 'Make the account', busy: 'Making the account …' },
    fieldOf: (error) =>
      error.errcode === 'M_WEAK_PASSWORD'
        ? password.input
        : /USER/.test(error.errcode ?? '')
          ? username.input
          : undefined,
    async submit() {
      const account = { username: username.input.value.trim().replace(/^@/, ''), password: password.input.value };
      made(await register(account, stages, token));
    },
  });
}

function agreement({ name, url }) {
  const id = newId('terms');
  return build(
    'p',
    { class: 'choice' },
    build('input', { type: 'checkbox', id, required: true }),
    build('label', { for: id }, 'I agree to: ', externalLink(url, name)),
  );
}

/** Goes through the stages one after another; the last one makes the account. Gives the user id. */
async function register(account, stages, token) {
  const request = { ...account, inhibit_login: true };
  let session;
  for (const type of stages) {
    const auth = { type, session, ...(type === 'm.login.registration_token' && { token }) };
    try {
      return (await ask('POST', registerPath, { body: { ...request, auth } })).user_id;
    } catch (error) {
      // 401 without an error code of its own: this stage is done, the next one is due.
      if (error.status !== 401 || error.errcode !== undefined) throw error;
      session = error.body.session;
    }
  }
  throw new Error('The server asks for more than this page can give. Please make the account in a Matrix app.');
}

function showMade(server, userId) {
  const title = heading(`Welcome, ${userId}`);
  queueMicrotask(() => title.focus());
  return [
    title,
    build('p', { class: 'lead' }, 'Your account is ready.'),
    build(
      'section',
      { class: 'panel', 'aria-label': 'How to connect' },
      build('h2', {}, 'Connect'),
      connectSteps(server, userId),
    ),
  ];
}
