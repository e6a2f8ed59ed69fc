import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../platform/config/load-config.ts';
import type { FetchJson } from '../../platform/fetch-json.ts';
import type { NameResolver } from '../../remote-servers/discovery/name-resolver.ts';
import { checkNames } from './check-names.ts';
import { listNames } from './list-names.ts';

const paging = {
  notifiers: {
    mail: { kind: 'smtp', host: 'mail.example.net', from: 'a@b' },
    call: { kind: 'voice', account: 'AC1', token: 'x', from: '+1' },
    push: { kind: 'ntfy', url: 'https://ntfy.example.net' },
    chat: { kind: 'slack' },
  },
  people: {
    anna: {
      reach: [
        { notifier: 'mail', address: 'anna@example.net' },
        { notifier: 'call', address: '+49301' },
      ],
    },
  },
  team: [{ notifier: 'chat', address: 'https://hooks.example.net/x' }],
};

const configOf = (overrides: Record<string, unknown>) => loadConfig({ environment: {}, overrides }).config;

/** What a DNS and web servers say; every other name is not there, and every other page neither. */
function world(hosts: readonly string[], pages: Record<string, unknown> = {}, services: readonly string[] = []) {
  const resolver: NameResolver = {
    async addresses(host) {
      if (host === 'broken.example.net') throw new Error('the DNS does not answer');
      return hosts.includes(host) ? ['192.0.2.1'] : [];
    },
    services: async (name) =>
      services.includes(name) ? [{ host: 'x.example.org', port: 1, priority: 0, weight: 0 }] : [],
  };
  const fetch: FetchJson = async (url) =>
    url in pages ? { status: 200, body: pages[url] } : Promise.reject(new Error('nothing listens there'));
  return [resolver, fetch] as const;
}

async function find(overrides: Record<string, unknown>, ...given: Parameters<typeof world>): Promise<string[]> {
  const findings = await checkNames(configOf(overrides), ...world(...given));
  for (const { verdict, mend } of findings) if (verdict !== 'ok') assert.ok(mend);
  return findings.map(({ verdict, what }) => `${verdict} ${what}`);
}

test('the names of everything that the configuration names are looked for, each once, and no addresses', () => {
  const names = listNames(
    configOf({
      'database.url': 'postgres://u:p%40ss@db1.example.net:5432,db2.example.net,10.0.0.1/holdfast',
      'monitor.names': ['bots.example.net', 'db1.example.net'],
      'monitor.machines': ['bridge.example.net:22', '[::1]:22'],
      'monitor.turn': ['turn:turn.example.net:3478?transport=udp', 'turns:127.0.0.1:5349'],
      'monitor.push_gateways': ['https://push.example.net/_matrix/push/v1/notify'],
      'monitor.outside_switch_url': 'https://hc.example.net/ping/0c5e',
      'monitor.paging': paging,
    }),
  );
  assert.deepEqual(
    names.map(({ host, isVital }) => `${host}${isVital ? '!' : ''}`),
    [
      ...['db1.example.net!', 'db2.example.net!', 'bots.example.net', 'bridge.example.net', 'push.example.net'],
      ...['turn.example.net', 'hc.example.net', 'mail.example.net', 'api.twilio.com', 'ntfy.example.net'],
      'hooks.example.net',
    ],
  );
  assert.doesNotMatch(JSON.stringify(names), /0c5e|p%40ss/);
  assert.deepEqual(listNames(configOf({ 'database.url': 'postgres://u@%2Fvar%2Frun/x' })), []);
});

test('a name that is not found is told with what does not work without it', async () => {
  const settings = { 'database.url': 'postgres://u@broken.example.net/x', 'monitor.paging': paging };
  const found = await find(settings, ['api.twilio.com', 'ntfy.example.net', 'hooks.example.net']);
  assert.deepEqual(found, [
    'problem the name broken.example.net, for the database, is not found: the DNS does not answer',
    'warning the name mail.example.net, for pages over mail, is not found: it has no address in the DNS',
  ]);
  assert.deepEqual(await find({ 'monitor.names': ['a.example'] }, ['a.example']), [
    'ok 1 names of the configuration are found',
  ]);
});

test('the name of the server is found as other servers look for it', async () => {
  const named = { server_name: 'example.org' };
  const file = (server: unknown) => ({ 'https://example.org/.well-known/matrix/server': { 'm.server': server } });
  assert.deepEqual(await find(named, ['example.org']), ['ok other servers find example.org']);
  assert.deepEqual(await find(named, [], {}, ['_matrix-fed._tcp.example.org']), [
    'ok other servers find example.org, by SRV records',
  ]);
  assert.deepEqual(await find(named, ['m.example.org'], file('m.example.org:443')), [
    'ok other servers find example.org, by its well-known file at m.example.org',
  ]);
  assert.deepEqual(await find(named, ['example.org'], file('m.example.org:443')), [
    'warning other servers do not find m.example.org: it has no address in the DNS',
  ]);
  assert.match((await find(named, ['example.org'], file(7)))[0] ?? '', /^problem .* is not as it must be/);
  assert.match((await find(named, []))[0] ?? '', /^warning other servers do not find example\.org/);
  for (const name of ['localhost', '192.0.2.1:8448']) assert.deepEqual(await find({ server_name: name }, []), []);
});

test('clients must be led to where the server answers, where that is not its name', async () => {
  const settings = { server_name: 'example.org', 'http.public_url': 'https://matrix.example.org' };
  assert.match(
    (await find(settings, ['example.org']))[1] ?? '',
    /^warning .* does not lead clients to https:\/\/matrix/,
  );
  const page = { 'm.homeserver': { base_url: 'https://matrix.example.org' } };
  const pages = { 'https://example.org/.well-known/matrix/client': page };
  assert.deepEqual(
    (await find(settings, ['example.org'], pages))[1],
    'ok clients find this server at https://matrix.example.org',
  );
});
