import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type FakeAnswer, type FakeServer, startFakeServer } from '../../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

const maxRemoteBytes = 1_000_000;
let federation: FederatedHomeservers;
let alice: TestUser;
let bob: TestUser;
let fake: FakeServer;
before(async () => {
  federation = await startFederatedHomeservers({
    servers: 2,
    config: { 'media.max_remote_bytes': maxRemoteBytes, 'media.remote_timeout_ms': 3_000 },
  });
  const [one, two] = federation.homeservers;
  alice = await registerUser(one?.baseUrl ?? '', 'alice');
  bob = await registerUser(two?.baseUrl ?? '', 'bob');
  fake = await startFakeServer(federation.network, 'fake.test');
});
after(async () => {
  await fake.stop();
  await federation.stop();
});

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

async function upload(user: TestUser, bytes: Uint8Array, type: string, name: string): Promise<string> {
  const path = `/_matrix/media/v3/upload?filename=${encodeURIComponent(name)}`;
  const reply = await user.send('POST', path, { headers: { 'content-type': type }, body: new Uint8Array(bytes) });
  assert.equal(reply.status, 200);
  return reply.body.content_uri.replace('mxc://', '');
}

async function download(user: TestUser, file: string, kind = 'download', query = '') {
  const response = await fetch(`${user.baseUrl}/_matrix/client/v1/media/${kind}/${file}${query}`, {
    headers: { authorization: `Bearer ${user.accessToken}` },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const errcode = response.ok ? undefined : JSON.parse(bytes.toString()).errcode;
  return { status: response.status, headers: response.headers, bytes, errcode };
}

/** What the fake server answers when it is asked for a file as servers ask. */
function give(mediaId: string, answer: FakeAnswer): string {
  fake.answer(`/_matrix/federation/v1/media/download/${mediaId}`, answer);
  return `fake.test/${mediaId}`;
}

function multipart(parts: readonly (readonly [headers: string, body: string])[]): FakeAnswer {
  return (response) => {
    const body = parts.map(([headers, content]) => `--xyz\r\n${headers}\r\n\r\n${content}\r\n`).join('');
    response.writeHead(200, { 'Content-Type': 'multipart/mixed; boundary="xyz"' });
    response.end(Buffer.from(`${body}--xyz--`, 'latin1'));
    return undefined;
  };
}

test('a file of another server comes whole, with its name and type, and is asked for once', async () => {
  const bytes = randomBytes(600_000);
  const file = await upload(alice, bytes, 'application/x-own', 'öwn.bin');
  const both = await Promise.all([download(bob, file), download(bob, file)]);
  for (const got of [...both, await download(bob, file)]) {
    assert.equal(got.status, 200);
    assert.ok(got.bytes.equals(bytes));
    assert.equal(got.headers.get('content-type'), 'application/x-own');
    assert.equal(got.headers.get('content-disposition'), "attachment; filename*=UTF-8''%C3%B6wn.bin");
  }
  const two = federation.homeservers[1] as FederatedHomeserver;
  assert.equal((await two.context.database`SELECT FROM remote_media`).length, 1);
});

test('a thumbnail of a picture of another server is made here', async () => {
  const file = await upload(alice, png, 'image/png', 'dot.png');
  const { status, headers } = await download(bob, file, 'thumbnail', '?width=32&height=32');
  assert.deepEqual([status, headers.get('content-type')], [200, 'image/png']);
});

test('another server is given thumbnails as well', async () => {
  const file = await upload(alice, png, 'image/png', 'dot.png');
  const [one] = federation.homeservers;
  const uri = `/_matrix/federation/v1/media/thumbnail/${file.split('/')[1]}?width=8&height=8`;
  const authorization = fake.authorize({ method: 'GET', uri, destination: 'one.test', contentJson: undefined });
  const response = await fetch(`${one?.baseUrl}${uri}`, { headers: { authorization } });
  assert.equal(response.status, 200);
  const text = Buffer.from(await response.arrayBuffer());
  assert.match(response.headers.get('content-type') ?? '', /^multipart\/mixed; boundary=/);
  assert.equal(Number(response.headers.get('content-length')), text.length);
  assert.ok(text.includes(png.subarray(8, 40)));
});

test('servers that are not asked with a signature get nothing', async () => {
  const file = await upload(alice, png, 'image/png', 'dot.png');
  const [one] = federation.homeservers;
  const response = await fetch(`${one?.baseUrl}/_matrix/federation/v1/media/download/${file.split('/')[1]}`);
  assert.equal(response.status, 401);
});

test('a file that its server only has under the old path is found there', async () => {
  fake.answer('/_matrix/media/v3/download/fake.test/old', (response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Disposition': 'inline; filename=old.txt' });
    response.end('old server');
    return undefined;
  });
  // Without any error of Matrix, a path is not known, whatever the status.
  fake.answer('/_matrix/federation/v1/media/download/old', (response) => {
    response.writeHead(400).end('what?');
    return undefined;
  });
  const { status, bytes, headers } = await download(bob, 'fake.test/old');
  assert.deepEqual([status, bytes.toString()], [200, 'old server']);
  assert.equal(headers.get('content-disposition'), 'inline; filename="old.txt"');
});

test('a file that lies elsewhere is followed there, to HTTPS only', async () => {
  fake.answer('/elsewhere', (response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end('moved');
    return undefined;
  });
  const port = federation.network.services.get('_matrix-fed._tcp.fake.test')?.[0]?.port;
  const metadata = ['Content-Type: application/json', '{}'] as const;
  const moved = give('moved', multipart([metadata, [`Location: https://fake.test:${port}/elsewhere`, '']]));
  const got = await download(bob, moved);
  assert.deepEqual([got.status, got.bytes.toString()], [200, 'moved']);
  const plain = give('plain', multipart([metadata, ['Location: http://fake.test/elsewhere', '']]));
  assert.equal((await download(bob, plain)).status, 502);
});

test('answers that are no file, too large, refused or endless end in an error', async () => {
  const metadata = ['Content-Type: application/json', '{}'] as const;
  const broken = give(
    'broken',
    multipart([
      ['Content-Type: application/json', 'no json'],
      ['A: b', 'x'],
    ]),
  );
  assert.equal((await download(bob, broken)).status, 502);
  const single = give('single', multipart([metadata]));
  assert.equal((await download(bob, single)).status, 502);
  const large = give('large', multipart([metadata, ['Content-Type: text/plain', 'x'.repeat(maxRemoteBytes + 1)]]));
  const tooLarge = await download(bob, large);
  assert.deepEqual([tooLarge.status, tooLarge.errcode], [502, 'M_TOO_LARGE']);
  const absent = give('absent', (response) => {
    response.statusCode = 404;
    return { errcode: 'M_NOT_FOUND', error: 'none' };
  });
  assert.equal((await download(bob, absent)).status, 404);
  const trickling = give('trickling', (response) => {
    response.writeHead(200, { 'Content-Type': 'multipart/mixed; boundary=xyz' });
    response.write('--xyz\r\n\r\n{}\r\n--xyz\r\n\r\n');
    const timer = setInterval(() => response.write('x'), 50);
    response.once('close', () => clearInterval(timer));
    return undefined;
  });
  const cut = await download(bob, trickling);
  assert.equal(cut.status, 504);
});

test('a file that could not be had is not asked for again at once', async () => {
  const asked = () => fake.requests.filter(({ url }) => url.includes('/forgotten')).length;
  const file = give('forgotten', (response) => {
    response.statusCode = 404;
    return { errcode: 'M_NOT_FOUND', error: 'none' };
  });
  await download(bob, file);
  const before = asked();
  assert.equal((await download(bob, file)).status, 404);
  assert.equal(asked(), before);
});

test('the old paths give strangers no new file, of no server', async () => {
  const file = await upload(alice, png, 'image/png', 'dot.png');
  await download(bob, file);
  for (const user of [alice, bob]) {
    const response = await fetch(`${user.baseUrl}/_matrix/media/v3/download/${file}`);
    assert.equal(response.status, 404);
  }
});

test('nothing is fetched for who asks for files of this server only', async () => {
  const file = give('unasked', {});
  assert.equal((await download(bob, file, 'download', '?allow_remote=false')).status, 404);
  assert.ok(!fake.requests.some(({ url }) => url.includes('/unasked')));
});
