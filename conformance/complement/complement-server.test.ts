import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { makeTestFolder } from '@holdfast/homeserver/testing/make-test-folder.ts';
import { request } from '@holdfast/homeserver/testing/test-user.ts';
import { makeAuthority } from '../federated-servers/make-authority.ts';

const program = join(import.meta.dirname, '../complement-server');
/** Ports are fixed, addresses are many: this process has one of its own. */
const address = `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}.1`;
const url = `http://${address}:8008`;

async function startServer(environment: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(program, { env: { ...process.env, ...environment }, stdio: 'ignore' });
  for (;;) {
    if (child.exitCode !== null) throw new Error('the server ended');
    const up = await fetch(`${url}/_matrix/client/versions`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (up) return child;
    await delay(20);
  }
}

function statusOverTls(path: string, caFile: string): Promise<number | undefined> {
  const options = { host: address, port: 8448, path, servername: 'localhost', ca: readFileSync(caFile), agent: false };
  return new Promise((resolve, reject) => {
    get(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

test('a server of the suite answers on both ports, ends when told to, and comes back with what it had', async () => {
  const folder = await makeTestFolder();
  const authority = await makeAuthority(folder);
  const { certificate, key } = await authority.issue('server');
  // The test run's own PostgreSQL: its url without the name of a database made for this test.
  const probe = await createTestDatabase({ migrated: false });
  after(() => probe.drop());
  const serverUrl = new URL(probe.url);
  serverUrl.pathname = '/postgres';
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const environment = {
    ...{ SERVER_NAME: 'hs1', BIND_IP: address, DATA_DIR: dataDir, TLS_CERT: certificate, TLS_KEY: key },
    NODE_EXTRA_CA_CERTS: authority.certificate,
    REGISTRATION_SHARED_SECRET: 'complement',
    HOLDFAST_TEST_DATABASE_URL: serverUrl.href,
  };
  const first = await startServer(environment);
  const account = { username: 'alice', password: 'complement_meets_min_password_req' };
  const body = { ...account, auth: { type: 'm.login.dummy' } };
  const registered = await request(url, 'POST', '/_matrix/client/v3/register', { body });
  assert.equal(registered.body.user_id, '@alice:hs1');
  const token = registered.body.access_token;
  const room = await request(url, 'POST', '/_matrix/client/v3/createRoom', { token, body: {} });
  const create = await request(url, 'GET', `/_matrix/client/v3/rooms/${room.body.room_id}/state/m.room.create/`, {
    token,
  });
  assert.equal(create.body.room_version, '10');
  assert.equal(await statusOverTls('/_matrix/key/v2/server', authority.certificate), 200);
  assert.equal(await statusOverTls('/_matrix/client/versions', authority.certificate), 200);
  first.kill('SIGTERM');
  const [code] = await once(first, 'exit');
  assert.equal(code, 0);

  const second = await startServer(environment);
  after(() => second.kill('SIGKILL'));
  const login = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'alice' },
    password: account.password,
  };
  const again = await request(url, 'POST', '/_matrix/client/v3/login', { body: login });
  assert.deepEqual([again.status, again.body.user_id], [200, '@alice:hs1']);
});
