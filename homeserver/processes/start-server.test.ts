import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@holdfast/effects/log.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import { withConnection } from '../platform/embedded-postgres/cluster-connection.ts';
import { createTestDatabase } from '../testing/create-test-database.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { request } from '../testing/test-user.ts';
import type { StartedHomeserver } from './start-homeserver.ts';
import { startServer } from './start-server.ts';

const namePath = '/_holdfast/v1/set-up/name';
const administratorPath = '/_holdfast/v1/set-up/administrator';
const account = { username: 'anna', password: 'long enough' };

async function startUnnamed(serverName?: string) {
  const database = await createTestDatabase();
  const overrides = {
    data_dir: await makeTestFolder(),
    'http.port': 0,
    ...{ 'database.pool_size': 4, 'password.memory_kib': 1024, 'password.iterations': 1 },
    ...(serverName !== undefined && { server_name: serverName }),
  };
  const { config } = loadConfig({ environment: {}, overrides });
  const homeservers: StartedHomeserver[] = [];
  const server = await startServer({
    ...{ config, databaseUrl: database.url, log: silentLog },
    onHomeserver: (homeserver) => void homeservers.push(homeserver),
  });
  const address = new URL(server.setUpUrl ?? homeservers[0]?.setUpUrl ?? '');
  return {
    ...{ homeservers, server, databaseUrl: database.url, url: address.origin, token: address.hash.split('=')[1] ?? '' },
    async stop() {
      await server.stop();
      await database.drop();
    },
  };
}

test('without a name only the page and health answer, then the homeserver does, in the same place', async (t) => {
  const { url, token, homeservers, stop } = await startUnnamed();
  t.after(stop);
  const page = await fetch(url);
  assert.match(await page.text(), /^<!doctype html>/);
  assert.equal((await request(url, 'GET', '/health/live')).status, 200);
  for (const path of ['/_matrix/client/versions', '/health/ready', '/console/../package.json', '/nothing']) {
    const reply = await request(url, 'GET', path);
    assert.deepEqual([reply.status, reply.body.errcode], [503, 'M_UNKNOWN'], path);
  }
  assert.equal((await request(url, 'GET', '/_holdfast/v1/server')).body.stage, 'name');
  assert.equal((await request(url, 'POST', administratorPath, { body: { token, ...account } })).status, 503);

  const named = await request(url, 'POST', namePath, { body: { token, server_name: 'Chat.Example' } });
  assert.deepEqual([named.status, named.body], [200, { server_name: 'chat.example' }]);
  assert.deepEqual(
    homeservers.map((homeserver) => homeserver.url),
    [url],
  );
  assert.equal((await request(url, 'GET', '/_matrix/client/versions')).status, 200);
  const facts = await request(url, 'GET', '/_holdfast/v1/server');
  assert.deepEqual([facts.body.stage, facts.body.server_name], ['administrator', 'chat.example']);

  const made = await request(url, 'POST', administratorPath, { body: { token, ...account } });
  assert.equal(made.body.user_id, '@anna:chat.example');
  const health = await request(url, 'GET', '/_holdfast/v1/admin/health', { token: made.body.access_token });
  assert.deepEqual([health.status, health.body.account_count], [200, 1]);
  assert.equal((await request(url, 'GET', '/_holdfast/v1/server')).body.stage, 'ready');
  const second = await request(url, 'POST', administratorPath, { body: { token, ...account, username: 'ben' } });
  assert.deepEqual([second.status, second.body.errcode], [403, 'M_FORBIDDEN']);
});

test('a name that cannot be, or a foreign token, names nothing', async (t) => {
  const { url, token, homeservers, stop } = await startUnnamed();
  t.after(stop);
  const name = (body: object | string) => request(url, 'POST', namePath, { body });
  for (const [body, status, errcode] of [
    [{ token: 'guessed', server_name: 'chat.example' }, 403, 'M_FORBIDDEN'],
    [{ token, server_name: 'not a name' }, 400, 'M_INVALID_PARAM'],
    [{ token, server_name: '' }, 400, 'M_INVALID_PARAM'],
    [{ token, server_name: 'https://chat.example/' }, 400, 'M_INVALID_PARAM'],
    [{ token, server_name: 'a'.repeat(231) }, 400, 'M_BAD_JSON'],
    [{ token }, 400, 'M_BAD_JSON'],
    [{ token: 1, server_name: 'chat.example' }, 400, 'M_BAD_JSON'],
    ['{', 400, 'M_NOT_JSON'],
    [JSON.stringify({ token, server_name: 'x'.repeat(5_000) }), 413, 'M_TOO_LARGE'],
  ] as const) {
    const reply = await name(body);
    assert.deepEqual([reply.status, reply.body.errcode], [status, errcode], JSON.stringify(body));
  }
  assert.equal(homeservers.length, 0);
  assert.equal((await request(url, 'GET', '/_holdfast/v1/server')).body.stage, 'name');
});

test('of two names at the same time one counts', async (t) => {
  const { url, token, homeservers, stop } = await startUnnamed();
  t.after(stop);
  const name = (serverName: string) =>
    request(url, 'POST', namePath, { body: { token, server_name: serverName } }).then(
      ({ status }) => status,
      // The one that came too late may find the door closed already.
      () => 0,
    );
  const statuses = await Promise.all([name('one.example'), name('two.example')]);
  assert.equal(statuses.filter((status) => status === 200).length, 1);
  assert.equal(homeservers.length, 1);
});

test('a server that was named in the configuration asks only for its first administrator', async (t) => {
  const { url, token, server, homeservers, stop } = await startUnnamed('chat.example');
  t.after(stop);
  assert.equal(server.setUpUrl, undefined);
  assert.ok(homeservers[0]?.setUpUrl);
  const weak = await request(url, 'POST', administratorPath, { body: { token, username: 'anna', password: 'short' } });
  assert.equal(weak.body.errcode, 'M_WEAK_PASSWORD');
  const foreign = await request(url, 'POST', administratorPath, { body: { token: 'guessed', ...account } });
  assert.equal(foreign.body.errcode, 'M_FORBIDDEN');
  const made = await request(url, 'POST', administratorPath, { body: { token, ...account } });
  assert.equal(made.status, 200);
});

test('a name that another process gave meanwhile wins, and the page can go on with it', async (t) => {
  const { url, token, databaseUrl, homeservers, stop } = await startUnnamed();
  t.after(stop);
  await withConnection(databaseUrl, async (sql) => {
    await sql`INSERT INTO server_fact (name, value) VALUES ('server_name', 'first.example')`;
  });
  const refused = await request(url, 'POST', namePath, { body: { token, server_name: 'second.example' } });
  assert.equal(refused.status, 500);
  assert.match(refused.body.error, /belongs to the server first\.example/);
  const taken = await request(url, 'POST', namePath, { body: { token, server_name: 'first.example' } });
  assert.equal(taken.status, 200);
  assert.equal(homeservers.length, 1);
});
