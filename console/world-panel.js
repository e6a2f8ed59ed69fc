import { isLocalName } from './addresses.js';
import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { codeBlock, loading } from './parts.js';

/** What is left to do until people anywhere reach this server, and what it can see of that itself. */
export function showWorld(server) {
  if (isLocalName(server.server_name)) return showLocal(server);
  const place = build('div');
  const look = () =>
    place.replaceChildren(
      loading(
        () => askAsAdministrator('GET', '/_holdfast/v1/admin/reachability'),
        (found) => showSteps(server, found, look),
      ),
    );
  look();
  return place;
}

function showLocal(server) {
  return build(
    'p',
    {},
    `There is nothing to do: ${server.server_name} is this computer’s own name, and no other computer finds this server by it. When you want a server that others reach, start another Holdfast with a data folder of its own and name it after your domain.`,
  );
}

function showSteps(server, { checks, base_url: baseUrl }, look) {
  const done = (name) => checks.find(({ check }) => check === name);
  const all = checks.every(({ passed }) => passed);
  const host = server.server_name.replace(/:\d+$/, '');
  return [
    build(
      'p',
      {},
      all
        ? `Everything is in place: clients that know only the name ${host} find this server at ${baseUrl}.`
        : 'Until these are done, only this computer and its network reach the server. Each is looked at from this machine.',
    ),
    build(
      'ol',
      { class: 'tasks' },
      task('Point the domain here', done('name-in-dns'), dnsText(host)),
      task('Put a web server with a certificate in front', done('client-api'), proxyText(server, host)),
      task('Tell clients where the server is', done('well-known'), wellKnownText(host)),
    ),
    build('p', { class: 'actions' }, build('button', { type: 'button', onclick: look }, 'Look again')),
    build(
      'p',
      { class: 'hint' },
      'Who can use it: everybody with an account here, and users of other servers in the rooms that they share.',
    ),
  ];
}

function task(title, check, ...text) {
  const passed = check?.passed === true;
  return build(
    'li',
    { class: passed ? 'done' : 'open' },
    build('h3', {}, title, build('span', { class: 'badge' }, passed ? 'done' : 'to do')),
    check && build('p', { class: 'hint' }, check.detail),
    passed ? build('details', {}, build('summary', {}, 'How it is done'), text) : text,
  );
}

function dnsText(host) {
  return [
    build(
      'p',
      {},
      'At the place where the domain is managed, add a record with this machine’s public address (AAAA for IPv6):',
    ),
    codeBlock(`${host}.  A  <public address of this machine>`, 'the DNS record'),
    build(
      'p',
      { class: 'hint' },
      `Is ${host} a website already? Then use a name such as matrix.${host} for this machine, here and in the next step, and see the third one.`,
    ),
  ];
}

function proxyText(server, host) {
  const upstream = `127.0.0.1:${server.listens_on.port || location.port || 8008}`;
  const caddy = `${host} {\n\treverse_proxy ${upstream}\n}`;
  const nginx = [
    'server {',
    `  server_name ${host};`,
    '  listen 443 ssl;',
    '  listen [::]:443 ssl;',
    '  ssl_certificate     /etc/ssl/holdfast/fullchain.pem;',
    '  ssl_certificate_key /etc/ssl/holdfast/privkey.pem;',
    '  client_max_body_size 50m;',
    '  location / {',
    `    proxy_pass http://${upstream};`,
    '    proxy_http_version 1.1;',
    '    proxy_set_header Host $host;',
    '    proxy_set_header X-Forwarded-For $remote_addr;',
    '    proxy_set_header X-Forwarded-Proto $scheme;',
    '    proxy_read_timeout 150s;',
    '    proxy_buffering off;',
    '  }',
    '}',
  ].join('\n');
  return [
    build('p', {}, 'The simplest is Caddy, which gets the certificate by itself. Its whole Caddyfile:'),
    codeBlock(caddy, 'the Caddyfile'),
    build('details', {}, build('summary', {}, 'With nginx instead'), codeBlock(nginx, 'the nginx configuration')),
    build(
      'p',
      { class: 'hint' },
      'Does the web server run on another machine? Then let Holdfast listen for it (http.bind) and believe it (http.trusted_proxies).',
    ),
  ];
}

function wellKnownText(host) {
  return [
    build(
      'p',
      {},
      `With the second step as above this works by itself. Where https://${host} is another website, that one has to serve `,
      build('code', {}, '/.well-known/matrix/client'),
      ' with the header ',
      build('code', {}, 'Access-Control-Allow-Origin: *'),
      ' and this text:',
    ),
    codeBlock(JSON.stringify({ 'm.homeserver': { base_url: `https://matrix.${host}` } }), 'the .well-known file'),
    build('p', {}, 'And holdfast.yaml in the data folder says the same:'),
    codeBlock(`http:\n  public_url: https://matrix.${host}`, 'the setting'),
  ];
}
