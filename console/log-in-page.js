import { ask, keepSession } from './ask.js';
import { build } from './build.js';
import { field, form, heading } from './parts.js';

/** Administrators log in like any client; what they may do is up to their account. */
export function showLogIn(server) {
  const user = field({
    ...{ label: 'User name', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' },
    ...{ required: true, before: '@', after: `:${server.server_name}` },
  });
  const password = field({
    ...{ label: 'Password', name: 'password', type: 'password', autocomplete: 'current-password', required: true },
  });
  const element = form({
    children: [user.element, password.element],
    ...{ action: 'Log in', busy: 'Logging in …' },
    async submit() {
      const name = user.input.value.trim().replace(/^@/, '').replace(`:${server.server_name}`, '');
      keepSession(await logInAsAdministrator(name, password.input.value));
      location.hash = '#/admin';
    },
  });
  return {
    title: 'Log in',
    content: [
      heading('Look after this server'),
      build('p', { class: 'lead' }, 'For administrators. To chat, use a Matrix app.'),
      element,
    ],
  };
}

async function logInAsAdministrator(user, password) {
  const session = await ask('POST', '/_matrix/client/v3/login', {
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
      initial_device_display_name: 'Holdfast console',
      // Its access token ends within the hour that follows the tab's end.
      refresh_token: true,
    },
  });
  const token = session.access_token;
  try {
    await ask('GET', '/_holdfast/v1/admin/health', { token });
    return session;
  } catch (error) {
    await ask('POST', '/_matrix/client/v3/logout', { token }).catch(() => {});
    if (error.status === 403) {
      throw new Error(`${session.user_id} is no administrator of this server.`, { cause: error });
    }
    throw error;
  }
}
