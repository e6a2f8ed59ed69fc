import { clientAddress, isLocalName, isLoopback } from './addresses.js';
import { build } from './build.js';
import { copyable, externalLink, heading, qrCode } from './parts.js';

/** For everybody who opens the server's address. */
export function showLanding(server) {
  return {
    title: server.server_name,
    content: [
      heading(server.server_name),
      build(
        'p',
        { class: 'lead' },
        'This is a ',
        externalLink('https://matrix.org', 'Matrix'),
        ' homeserver. People here have addresses such as ',
        build('strong', { class: 'address' }, `@anna:${server.server_name}`),
        ' and talk through the Matrix app that they like best.',
      ),
      build(
        'section',
        { class: 'panel', 'aria-label': 'How to connect' },
        build('h2', {}, 'Connect'),
        connectSteps(server),
      ),
      build(
        'section',
        { class: 'panel', 'aria-label': 'Getting an account' },
        build('h2', {}, 'No account yet?'),
        build('p', {}, accountHint(server)),
      ),
      build('p', {}, build('a', { href: '/status/' }, 'How the server is')),
    ],
  };
}

const accountHints = {
  closed: () => 'This server takes no new accounts at the moment.',
  token: () => 'Ask somebody who looks after this server for an invitation: a link that lets you make one.',
  open: () => ['Anybody may have one: ', build('a', { href: '#/invitation' }, 'make an account'), '.'],
};

function accountHint(server) {
  return accountHints[server.registration]();
}

/** What a person does in a client, with the address to type. `userId` is given where it is known. */
export function connectSteps(server, userId) {
  const { here, address, isCertain } = clientAddress(server);
  const isHidden = isLoopback(new URL(address).hostname);
  const where = isCertain ? [copyable(address, 'the homeserver’s address')] : bothAddresses(server, here);
  return build(
    'div',
    { class: 'with-qr' },
    build(
      'ol',
      { class: 'how' },
      build(
        'li',
        {},
        'Get a Matrix app: ',
        externalLink('https://matrix.org/ecosystem/clients/', 'a list of them'),
        '.',
      ),
      build('li', {}, 'Where it asks for the homeserver (often behind “Edit” or “Other”), give it ', where),
      build(
        'li',
        {},
        'Log in ',
        userId ? ['as ', copyable(userId, 'your address')] : 'with your user name',
        ' and your password.',
      ),
      isLocalName(server.server_name) &&
        build(
          'li',
          { class: 'aside' },
          'This is a server to try out: only apps on this computer reach it, such as Element Desktop.',
        ),
    ),
    isHidden
      ? null
      : qrCode(
          address,
          isCertain ? 'Opens this page on a phone' : 'Opens this page on a phone, once the world reaches the server',
        ),
  );
}

function bothAddresses(server, here) {
  return [
    copyable(server.server_name, 'the server’s name'),
    ' once the world reaches it, and on this computer already now ',
    copyable(here, 'the address on this computer'),
  ];
}
