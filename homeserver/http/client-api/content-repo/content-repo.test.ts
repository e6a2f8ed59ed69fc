import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeTestFolder } from '../../../testing/make-test-folder.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

const maxUploadBytes = 1_000_000;
let homeserver: TestHomeserver;
let storePath: string;
let user: TestUser;
before(async () => {
  storePath = await makeTestFolder();
  homeserver = await startTestHomeserver({
    config: {
      'media.store_path': storePath,
      'media.max_upload_bytes': maxUploadBytes,
      'media.user_quota_bytes': 3_000_000,
      'media.pending_uploads': 2,
      'media.authenticated_downloads': false,
    },
  });
  user = await registerUser(homeserver.baseUrl, 'uploader');
});
after(() => homeserver.stop());

const authed = '/_matrix/client/v1/media';
const legacy = '/_matrix/media/v3';

interface Upload {
  readonly type?: string;
  readonly name?: string;
  readonly by?: TestUser;
}

async function upload(bytes: Uint8Array | string, { type = 'text/plain', name, by = user }: Upload = {}) {
  const query = name === undefined ? '' : `?filename=${encodeURIComponent(name)}`;
  const headers = { 'content-type': type };
  const body = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
  return await by.send('POST', `${legacy}/upload${query}`, { headers, body });
}

/** The path part of an uploaded file's URI: server name and media id. */
async function place(bytes: Uint8Array | string, options?: Upload): Promise<string> {
  const { status, body } = await upload(bytes, options);
  assert.equal(status, 200, JSON.stringify(body));
  return body.content_uri.replace('mxc://', '');
}

async function get(path: string, headers: Record<string, string> = {}, token: string | null = user.accessToken) {
  const response = await fetch(homeserver.baseUrl + path, {
    headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
  });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

const errcodeOf = ({ bytes }: { bytes: Buffer }) => JSON.parse(bytes.toString()).errcode;

async function storedFiles(): Promise<string[]> {
  const entries = await readdir(storePath, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('a file comes back as it was, with its type and name, and with headers that keep it harmless', async () => {
  const bytes = randomBytes(300_000);
  const file = await place(bytes, { type: 'application/x-own', name: 'öwn.bin' });
  for (const [base, token, cache] of [
    [authed, user.accessToken, 'private'],
    [legacy, null, 'public'],
  ] as const) {
    const { status, headers, bytes: received } = await get(`${base}/download/${file}`, {}, token);
    assert.equal(status, 200);
    assert.ok(received.equals(bytes));
    assert.equal(headers.get('content-type'), 'application/x-own');
    assert.equal(headers.get('content-length'), '300000');
    assert.equal(headers.get('content-disposition'), "attachment; filename*=UTF-8''%C3%B6wn.bin");
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.match(headers.get('content-security-policy') ?? '', /^sandbox; default-src 'none';/);
    assert.equal(headers.get('cache-control'), `${cache}, max-age=31536000, immutable`);
  }
});

test('a download can give the file another name', async () => {
  const file = await place('text', { name: 'first.txt' });
  for (const base of [authed, legacy]) {
    const { headers } = await get(`${base}/download/${file}/${encodeURIComponent('other "name".txt')}`);
    assert.equal(headers.get('content-disposition'), 'inline; filename="other \\"name\\".txt"');
  }
  const { headers } = await get(`${authed}/download/${await place('text')}`);
  assert.equal(headers.get('content-disposition'), 'inline');
});

test('what claims to be a picture and is none is served as bytes', async () => {
  const { headers } = await get(`${authed}/download/${await place('<script>', { type: 'image/png' })}`);
  assert.equal(headers.get('content-type'), 'application/octet-stream');
  assert.match(headers.get('content-disposition') ?? '', /^attachment/);
});

test('a part of a file can be asked for', async () => {
  const file = `${authed}/download/${await place('0123456789')}`;
  const part = await get(file, { range: 'bytes=2-4' });
  assert.deepEqual([part.status, part.bytes.toString()], [206, '234']);
  assert.equal(part.headers.get('content-range'), 'bytes 2-4/10');
  const end = await get(file, { range: 'bytes=-3' });
  assert.deepEqual([end.status, end.bytes.toString()], [206, '789']);
  const beyond = await get(file, { range: 'bytes=10-' });
  assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */10']);
  const changed = await get(file, { range: 'bytes=2-4', 'if-range': '"other"' });
  assert.deepEqual([changed.status, changed.bytes.length], [200, 10]);
});

test('a client that has the file already gets no bytes', async () => {
  const file = `${authed}/download/${await place('cached')}`;
  const etag = (await get(file)).headers.get('etag') ?? '';
  const again = await get(file, { 'if-none-match': `"other", ${etag}` });
  assert.deepEqual([again.status, again.bytes.length], [304, 0]);
  assert.equal((await get(file, { 'if-none-match': '"other"' })).status, 200);
});

test('HEAD tells the size without the bytes', async () => {
  const response = await fetch(`${homeserver.baseUrl}${legacy}/download/${await place('0123456789')}`, {
    method: 'HEAD',
  });
  assert.deepEqual([response.status, response.headers.get('content-length')], [200, '10']);
  assert.equal((await response.text()).length, 0);
});

test('the same content is stored once, under ids of its own', async () => {
  const bytes = randomBytes(1_000);
  const [first, second] = [await place(bytes), await place(bytes)];
  assert.notEqual(first, second);
  const name = createHash('sha256').update(bytes).digest('hex');
  const files = (await storedFiles()).filter((path) => path.endsWith(name));
  assert.equal(files.length, 1);
  assert.ok((await readFile(files[0] ?? '')).equals(bytes));
});

test('an empty file is a file', async () => {
  const { status, bytes } = await get(`${authed}/download/${await place('')}`);
  assert.deepEqual([status, bytes.length], [200, 0]);
});

test('the largest file is told and held to, whether its size is announced or not', async () => {
  for (const base of [authed, legacy]) {
    assert.deepEqual(await user.call('GET', `${base}/config`), { 'm.upload.size': maxUploadBytes });
  }
  const earlier = await storedFiles();
  const announced = await upload(new Uint8Array(maxUploadBytes + 1));
  assert.deepEqual([announced.status, announced.body.errcode], [413, 'M_TOO_LARGE']);
  const chunked = await fetch(`${homeserver.baseUrl}${legacy}/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.accessToken}` },
    body: new ReadableStream({
      start(controller) {
        for (let count = 0; count < 11; count++) controller.enqueue(new Uint8Array(100_000));
        controller.close();
      },
    }),
    duplex: 'half',
  });
  assert.deepEqual([chunked.status, ((await chunked.json()) as { errcode: string }).errcode], [413, 'M_TOO_LARGE']);
  assert.deepEqual(await storedFiles(), earlier, 'nothing of them is left');
});

test('a user stores no more than the quota, even with uploads at the same time', async () => {
  const greedy = await registerUser(homeserver.baseUrl, 'greedy');
  const uploads = Array.from({ length: 5 }, () => upload(new Uint8Array(900_000), { by: greedy }));
  const statuses = (await Promise.all(uploads)).map(({ status }) => status);
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 200, 200, 403, 403],
  );
  const refused = await upload(new Uint8Array(900_000), { by: greedy });
  assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN']);
  assert.equal((await upload('small', { by: greedy })).status, 200);
});

test('an id can be made first and its file uploaded once, by its maker', async () => {
  const [maker, other] = [await registerUser(homeserver.baseUrl, 'maker'), user];
  const { content_uri: uri, unused_expires_at: expiresAt } = await maker.call('POST', '/_matrix/media/v1/create');
  assert.ok(expiresAt > Date.now());
  const path = `${legacy}/upload/${uri.replace('mxc://', '')}`;
  const file = `${authed}/download/${uri.replace('mxc://', '')}`;
  const early = await get(`${file}?timeout_ms=0`);
  assert.deepEqual([early.status, errcodeOf(early)], [504, 'M_NOT_YET_UPLOADED']);
  const foreign = await other.send('PUT', path, { body: 'x' });
  assert.deepEqual([foreign.status, foreign.body.errcode], [403, 'M_FORBIDDEN']);
  const waiting = get(`${file}?timeout_ms=30000`);
  const done = await maker.send('PUT', `${path}?filename=late.txt`, {
    body: 'late',
    headers: { 'content-type': 'text/plain' },
  });
  assert.deepEqual([done.status, done.body], [200, {}]);
  const received = await waiting;
  assert.deepEqual([received.status, received.bytes.toString()], [200, 'late']);
  assert.equal(received.headers.get('content-disposition'), 'inline; filename="late.txt"');
  const again = await maker.send('PUT', path, { body: 'other' });
  assert.deepEqual([again.status, again.body.errcode], [409, 'M_CANNOT_OVERWRITE_MEDIA']);
  assert.equal((await get(file)).bytes.toString(), 'late');
});

test('of two uploads to the same id at the same time one is refused', async () => {
  const { content_uri: uri } = await user.call('POST', '/_matrix/media/v1/create');
  const path = `${legacy}/upload/${uri.replace('mxc://', '')}`;
  const replies = await Promise.all(['first', 'second'].map((body) => user.send('PUT', path, { body })));
  assert.deepEqual(
    replies.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409],
  );
});

test('a user waits with few ids at once, and those that are too old are gone', async () => {
  const hoarder = await registerUser(homeserver.baseUrl, 'hoarder');
  const create = () => hoarder.send('POST', '/_matrix/media/v1/create');
  const first = await create();
  await create();
  const third = await create();
  assert.deepEqual([third.status, third.body.errcode], [429, 'M_LIMIT_EXCEEDED']);
  assert.ok(third.body.retry_after_ms > 0);
  await homeserver.context.database`
    UPDATE media SET expires_at = now() - interval '1 second' WHERE user_id = ${hoarder.userId}`;
  const path = first.body.content_uri.replace('mxc://', '');
  const late = await hoarder.send('PUT', `${legacy}/upload/${path}`, { body: 'late' });
  assert.deepEqual([late.status, late.body.errcode], [404, 'M_NOT_FOUND']);
  assert.equal((await get(`${authed}/download/${path}`)).status, 404);
  assert.equal((await create()).status, 200);
  const rows = await homeserver.context.database`SELECT FROM media WHERE user_id = ${hoarder.userId}`;
  assert.equal(rows.length, 1, 'the expired ones were deleted');
});

test('unknown ids, tricks with paths and files of servers that cannot be reached are not found', async () => {
  for (const path of [
    'test.example/unknown',
    'test.example/..%2F..%2Fetc%2Fpasswd',
    'test.example/%00',
    '..%2F..%2F/etc',
  ]) {
    const reply = await get(`${authed}/download/${path}?timeout_ms=0`);
    assert.ok(reply.status === 404 || reply.status === 400, `${path}: ${reply.status}`);
  }
  assert.equal((await get(`${authed}/download/elsewhere.example/abc`)).status, 502);
  assert.equal((await get(`${authed}/download/test.example/abc`, {}, null)).status, 401);
});

test('an upload that breaks off leaves nothing', async () => {
  const earlier = await storedFiles();
  const { hostname, port } = new URL(homeserver.baseUrl);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${legacy}/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.accessToken}\r\n` +
      `Content-Type: text/plain\r\nContent-Length: 500000\r\n\r\n`,
  );
  socket.write(Buffer.alloc(200_000));
  // Until the server has begun to write it down.
  while ((await storedFiles()).length === earlier.length) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  while ((await storedFiles()).length > earlier.length) await new Promise((resolve) => setImmediate(resolve));
  const rows = await homeserver.context.database`SELECT FROM media WHERE size_bytes = 500000`;
  assert.equal(rows.length, 0);
});
