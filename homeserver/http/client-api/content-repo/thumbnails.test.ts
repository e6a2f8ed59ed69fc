import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { makeTestFolder } from '../../../testing/make-test-folder.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let storePath: string;
let user: TestUser;
before(async () => {
  storePath = await makeTestFolder();
  homeserver = await startTestHomeserver({
    config: {
      'media.store_path': storePath,
      'media.max_thumbnail_pixels': 4_000_000,
      'media.authenticated_downloads': false,
    },
  });
  user = await registerUser(homeserver.baseUrl, 'painter');
});
after(() => homeserver.stop());

const blank = (width: number, height: number, alpha = 1) =>
  sharp({ create: { width, height, channels: alpha < 1 ? 4 : 3, background: { r: 200, g: 30, b: 30, alpha } } });

/** Frames of different colours, so that none is left out. */
async function makeGif(width: number, height: number, frames: number): Promise<Buffer> {
  const pages = Array.from({ length: frames }, (_, index) =>
    sharp({ create: { width, height, channels: 3, background: { r: index * 60, g: 255 - index * 60, b: 0 } } })
      .png()
      .toBuffer(),
  );
  return await sharp(await Promise.all(pages), { join: { animated: true } })
    .gif({ delay: Array.from({ length: frames }, () => 100) })
    .toBuffer();
}

async function place(bytes: Uint8Array, type = 'image/png'): Promise<string> {
  const reply = await user.send('POST', '/_matrix/media/v3/upload', {
    body: new Uint8Array(bytes),
    headers: { 'content-type': type },
  });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return reply.body.content_uri.replace('mxc://', '');
}

async function thumbnail(file: string, query: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${homeserver.baseUrl}/_matrix/client/v1/media/thumbnail/${file}?${query}`, {
    headers: { authorization: `Bearer ${user.accessToken}`, ...headers },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, bytes };
}

async function sizeOf(bytes: Buffer): Promise<string> {
  const { width, height } = await sharp(bytes).metadata();
  return `${width}x${height}`;
}

test('a scaled thumbnail keeps the shape, a cropped one has the wanted shape', async () => {
  const file = await place(await blank(1_000, 500).png().toBuffer());
  const scaled = await thumbnail(file, 'width=300&height=200&method=scale');
  assert.deepEqual([scaled.status, scaled.type, await sizeOf(scaled.bytes)], [200, 'image/png', '320x160']);
  const cropped = await thumbnail(file, 'width=96&height=96&method=crop');
  assert.equal(await sizeOf(cropped.bytes), '96x96');
  assert.equal(await sizeOf((await thumbnail(file, 'width=300&height=200')).bytes), '320x160', 'scale is the default');
  const { headers } = scaled;
  assert.equal(headers.get('content-disposition'), 'inline; filename="thumbnail.png"');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  const again = await thumbnail(file, 'width=300&height=200', { 'if-none-match': headers.get('etag') ?? '' });
  assert.equal(again.status, 304);
});

test('old clients get thumbnails without a token', async () => {
  const file = await place(await blank(1_000, 500).png().toBuffer());
  const response = await fetch(
    `${homeserver.baseUrl}/_matrix/media/v3/thumbnail/${file}?width=32&height=32&method=crop`,
  );
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/png']);
  await response.arrayBuffer();
});

test('what can be seen through stays so', async () => {
  const file = await place(await blank(1_000, 500, 0.5).png().toBuffer());
  const { type, bytes } = await thumbnail(file, 'width=300&height=200');
  assert.equal(type, 'image/png');
  assert.equal((await sharp(bytes).stats()).isOpaque, false);
});

test('a picture that is not larger is given as it is', async () => {
  const picture = await blank(30, 20).png().toBuffer();
  const file = await place(picture);
  for (const attempt of ['made', 'kept']) {
    const { type, bytes } = await thumbnail(file, 'width=100&height=100&method=scale');
    assert.equal(type, 'image/png', attempt);
    assert.ok(bytes.equals(picture), attempt);
  }
  const larger = await blank(1_900, 1_500).jpeg().toBuffer();
  const whole = await thumbnail(await place(larger, 'image/jpeg'), 'width=1700&height=1300');
  assert.ok(whole.bytes.equals(larger));
});

test('a picture that lies on its side is put upright', async () => {
  const lying = await blank(1_000, 500).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { bytes } = await thumbnail(await place(lying, 'image/jpeg'), 'width=300&height=200');
  assert.equal(await sizeOf(bytes), '120x240');
});

test('a thumbnail moves when that is asked for and possible', async () => {
  const file = await place(await makeGif(700, 500, 4), 'image/gif');
  const moving = await thumbnail(file, 'width=320&height=240&animated=true');
  assert.equal(moving.type, 'image/webp');
  assert.equal((await sharp(moving.bytes).metadata()).pages, 4);
  for (const query of ['width=320&height=240&animated=false', 'width=320&height=240']) {
    const still = await thumbnail(file, query);
    assert.match(still.type ?? '', /image\/(png|jpeg)/);
    assert.equal((await sharp(still.bytes).metadata()).pages ?? 1, 1);
  }
});

test('a small moving picture is given as it is only to who asks for movement', async () => {
  const gif = await makeGif(60, 40, 3);
  const file = await place(gif, 'image/gif');
  assert.ok((await thumbnail(file, 'width=320&height=240&animated=true')).bytes.equals(gif));
  const still = await thumbnail(file, 'width=320&height=240&animated=false');
  assert.equal((await sharp(still.bytes).metadata()).pages ?? 1, 1);
  assert.equal(await sizeOf(still.bytes), '60x40');
});

test('a picture that cannot move is still whatever is asked for', async () => {
  const file = await place(await blank(1_000, 500).jpeg().toBuffer(), 'image/jpeg');
  const { status, type } = await thumbnail(file, 'width=320&height=240&animated=true');
  assert.deepEqual([status, type], [200, 'image/jpeg']);
});

test('a thumbnail is made once, also when many ask at the same time, and made again when it is lost', async () => {
  const file = await place(await blank(1_200, 800).png().toBuffer());
  const kept = async () =>
    (await readdir(join(storePath, 'thumbnails'), { recursive: true })).filter((name) => name.endsWith('77x55-crop'));
  const query = 'width=77&height=55&method=crop';
  const made = await Promise.all(Array.from({ length: 8 }, () => thumbnail(file, query)));
  assert.equal(new Set(made.map(({ bytes }) => bytes.toString('base64'))).size, 1);
  const names = await kept();
  assert.equal(names.length, 1);
  await rm(join(storePath, 'thumbnails', names[0] ?? ''));
  assert.equal((await thumbnail(file, query)).status, 200);
  assert.equal((await kept()).length, 1);
});

test('the store keeps a bounded number of thumbnails of one file, and serves the others all the same', async () => {
  const file = await place(await blank(400, 401).png().toBuffer());
  for (let width = 10; width < 50; width++) {
    const { bytes } = await thumbnail(file, `width=${width}&height=401&method=crop`);
    assert.equal(await sizeOf(bytes), `${width}x401`);
  }
  const kept = (await readdir(join(storePath, 'thumbnails'), { recursive: true })).filter((name) =>
    name.endsWith('x401-crop'),
  );
  assert.equal(kept.length, 32);
});

test('too many pixels are refused before they are decoded', async () => {
  const { status, bytes } = await thumbnail(
    await place(await blank(3_000, 2_000).png().toBuffer()),
    'width=32&height=32',
  );
  assert.deepEqual([status, JSON.parse(bytes.toString()).errcode], [413, 'M_TOO_LARGE']);
});

const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"><rect width="9" height="9"/></svg>',
);
const brokenPng = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(200, 7)]);
for (const [name, bytes, type] of [
  ['text', Buffer.from('just text'), 'text/plain'],
  ['an SVG', svg, 'image/svg+xml'],
  ['an SVG that is called a PNG', svg, 'image/png'],
  ['a broken PNG', brokenPng, 'image/png'],
  ['nothing', Buffer.alloc(0), 'image/png'],
] as const) {
  test(`${name} has no thumbnails`, async () => {
    const reply = await thumbnail(await place(bytes, type), 'width=32&height=32');
    assert.deepEqual([reply.status, JSON.parse(reply.bytes.toString()).errcode], [400, 'M_UNKNOWN']);
  });
}

test('a picture that ends too early has no thumbnail, and no half of one', async () => {
  const whole = await sharp(Buffer.from(Array.from({ length: 300 * 300 * 3 }, (_, index) => (index * 7919) % 256)), {
    raw: { width: 300, height: 300, channels: 3 },
  })
    .png()
    .toBuffer();
  const reply = await thumbnail(await place(whole.subarray(0, whole.length / 2)), 'width=32&height=32&method=crop');
  assert.equal(reply.status, 400);
});

test('sizes that make no sense are refused', async () => {
  const file = await place(await blank(100, 100).png().toBuffer());
  for (const query of [
    'width=0&height=32',
    'width=-1&height=32',
    'width=a&height=32',
    'width=32',
    'width=1.5&height=3',
  ]) {
    assert.equal((await thumbnail(file, query)).status, 400, query);
  }
  assert.equal((await thumbnail(file, 'width=32&height=32&method=stretch')).status, 400);
});
