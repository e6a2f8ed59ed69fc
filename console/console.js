import { administrationPages } from './administration.js';
import { ask, forgetSession, freshToken, readSession } from './ask.js';
import { build } from './build.js';
import { endIdleSession } from './end-idle-session.js';
import { showInvitation } from './invitation-page.js';
import { showLanding } from './landing-page.js';
import { showLogIn } from './log-in-page.js';
import { loading } from './parts.js';
import { showSetUp, showWaitingForSetUp } from './set-up-page.js';

/** By the part of the address behind the `#`; each gives its title and what is in it. */
const openPages = { '/': showLanding, '/log-in': showLogIn, '/invitation': showInvitation };

const main = document.getElementById('main');

/** Shows the page that the address names. Everything after the first look at the server happens without a new page. */
async function showPage() {
  const [path, query = ''] = (location.hash.slice(1) || '/').split('?');
  const parameters = new URLSearchParams(query);
  let server;
  try {
    server = await ask('GET', '/_holdfast/v1/server');
  } catch (error) {
    show(
      'No answer',
      loading(
        () => Promise.reject(error),
        () => [],
      ),
    );
    return;
  }
  const administration = server.stage === 'ready' || readSession() ? administrationPages[path] : undefined;
  if (path === '/set-up' && server.stage !== 'ready') {
    showTop(server, undefined);
    show('Set-up', showSetUp(server, parameters.get('token') ?? '', showPage));
  } else if (server.stage !== 'ready') {
    showTop(server, undefined);
    show('Set-up', showWaitingForSetUp());
  } else if (administration) {
    if (!readSession()) return leaveFor('#/log-in');
    showTop(server, path);
    show(administration.title, administration.show(server, parameters));
  } else {
    showTop(server, undefined);
    const { title, content } = (openPages[path] ?? showLanding)(server, parameters);
    show(title, content);
  }
}

function show(title, content) {
  document.title = `${title} – Holdfast`;
  main.replaceChildren(...[content].flat());
  scrollTo(0, 0);
  // The first page is read from the top anyway.
  if (main.dataset.shown) (main.querySelector('h1') ?? main).focus();
  main.dataset.shown = 'yes';
}

function leaveFor(hash) {
  location.hash = hash;
}

function showTop(server, path) {
  document.getElementById('server-name').textContent = server.server_name ?? '';
  const navigation = document.getElementById('navigation');
  navigation.hidden = path === undefined;
  navigation.replaceChildren(...(path === undefined ? [] : navigationLinks(path)));
  document.getElementById('session').replaceChildren(...(path === undefined ? [] : [logOutButton()]));
  const logIn = server.stage === 'ready' && path === undefined && footerLink();
  const footer = document.getElementById('footer');
  footer.replaceChildren(build('span', {}, 'Holdfast, a Matrix homeserver'), ...(logIn ? [logIn] : []));
}

function navigationLinks(path) {
  return Object.entries(administrationPages)
    .filter(([, page]) => page.link)
    .map(([target, page]) =>
      build('a', { href: `#${target}`, 'aria-current': target === path ? 'page' : undefined }, page.link),
    );
}

function logOutButton() {
  return build('button', { type: 'button', class: 'quiet', onclick: () => void logOut() }, 'Log out');
}

function footerLink() {
  return readSession()
    ? build('a', { href: '#/admin' }, 'Administration')
    : build('a', { href: '#/log-in' }, 'Log in as an administrator');
}

async function logOut(next = '#/') {
  const token = await freshToken().catch(() => undefined);
  forgetSession();
  leaveFor(next);
  // Where the server does not answer, the session is forgotten here all the same.
  await ask('POST', '/_matrix/client/v3/logout', { token }).catch(() => {});
}

document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
endIdleSession(readSession, () => void logOut('#/log-in'));
addEventListener('hashchange', () => void showPage());
void showPage();
