import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../testing/start-test-homeserver.ts';
import { registerUser, request, type TestUser } from '../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let user: TestUser;

before(async () => {
  const config = { 'http.public_url': 'https://matrix.test.example/', 'password.minimum_length': 5 };
  homeserver = await startTestHomeserver({ config });
  admin = await registerUser(homeserver.baseUrl, 'admin');
  user = await registerUser(homeserver.baseUrl, 'user');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

const get = (path: string, headers: Record<string, string> = {}) => fetch(homeserver.baseUrl + path, { headers });

test('the start page and all that it is made of come with their types, and with a policy that lets nothing else run', async () => {
  const page = await get('/');
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'; script-src 'self';/);
  assert.doesNotMatch(policy, /unsafe/);
  const text = await page.text();
  assert.doesNotMatch(
    text,
    /<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|https?:/,
    'nothing inline, nothing from elsewhere',
  );
  const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
  for (const [, path = '', end = ''] of text.matchAll(/"(\/console\/[\w-]+\.(\w+))"/g)) {
    const file = await get(path);
    assert.deepEqual([file.status, file.headers.get('content-type')], [200, types[end as keyof typeof types]], path);
    assert.equal(file.headers.get('x-content-type-options'), 'nosniff');
    await file.bytes();
  }
});

test('what the browser has already is not sent again', async () => {
  const first = await get('/console/console.js');
  await first.bytes();
  const again = await get('/console/console.js', { 'If-None-Match': first.headers.get('etag') ?? '' });
  assert.deepEqual([again.status, await again.text()], [304, '']);
});

test('only the pages of the console are there, whatever is asked for', async () => {
  assert.ok(readdirSync(new URL('../../../console/', import.meta.url)).includes('package.json'));
  for (const name of ['package.json', '..%2Fpackage.json', 'constructor', '__proto__', 'no.js']) {
    const reply = await request(homeserver.baseUrl, 'GET', `/console/${name}`);
    assert.deepEqual([reply.status, reply.body.errcode], [404, 'M_NOT_FOUND'], name);
  }
});

test('everybody learns what the pages need, and nothing more', async () => {
  const { body } = await request(homeserver.baseUrl, 'GET', '/_holdfast/v1/server');
  assert.deepEqual(body, {
    stage: 'administrator',
    server_name: 'test.example',
    public_url: 'https://matrix.test.example',
    listens_on: { address: '127.0.0.1', port: 0 },
    registration: 'open',
    minimum_password_length: 5,
  });
});

test('an address becomes a picture', async () => {
  const reply = await get('/_holdfast/v1/qr-code?text=https%3A%2F%2Ftest.example');
  assert.equal(reply.headers.get('content-type'), 'image/svg+xml');
  assert.match(await reply.text(), /^<svg [^>]*viewBox="0 0 \d+ \d+"/);
  for (const query of ['', '?text=', `?text=${'x'.repeat(1_001)}`, '?text=%00']) {
    assert.equal((await get(`/_holdfast/v1/qr-code${query}`)).status, 400, query);
  }
});

test('administrators see how the server is', async () => {
  const health = await admin.call('GET', '/_holdfast/v1/admin/health');
  assert.match(health.version, /^\d+\.\d+\.\d+$/);
  assert.match(health.database.version, /^\d+(\.\d+)?/);
  assert.ok(health.database.size_bytes > 1_000_000);
  assert.deepEqual(health.shards, { count: 1, without_owner: 0 });
  assert.deepEqual([health.account_count, health.processes.length, health.processes[0].shard_count], [2, 1, 1]);
});

test('nobody else does', async () => {
  for (const path of ['/_holdfast/v1/admin/health', '/_holdfast/v1/admin/reachability']) {
    assert.equal((await user.call('GET', path, undefined, 403)).errcode, 'M_FORBIDDEN');
    assert.equal((await request(homeserver.baseUrl, 'GET', path)).body.errcode, 'M_MISSING_TOKEN');
  }
});
