import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Scenario } from '../scenario.ts';

/** A file and a picture that one server keeps are had, whole and made small, from the other. */
export const media: Scenario = {
  name: 'media',
  async play({ host, guest }) {
    for (const [owner, reader] of [
      [host, guest],
      [guest, host],
    ] as const) {
      const bytes = randomBytes(70_000);
      const { place } = await upload(owner, bytes, 'application/octet-stream', 'a file.bin');
      const file = await download(reader, `download/${place}`);
      assert.equal(file.status, 200);
      assert.deepEqual(Buffer.from(await file.arrayBuffer()), bytes, 'the file is the same');
      assert.match(file.headers.get('content-disposition') ?? '', /a(%20| )file\.bin/);

      const picture = await upload(owner, Buffer.from(smallPng, 'base64'), 'image/png', 'dot.png');
      const thumbnail = await download(reader, `thumbnail/${picture.place}?width=32&height=32&method=scale`);
      assert.equal(thumbnail.status, 200);
      assert.match(thumbnail.headers.get('content-type') ?? '', /^image\//);
      await thumbnail.arrayBuffer();
      const missing = await download(reader, `download/${place.replace(/\/.*/, '/nothingofthatname')}`);
      assert.equal(missing.status, 404);
      await missing.arrayBuffer();
    }
  },
};

/** 8 × 8 pixels, one colour. */
const smallPng = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGM4kRqFFTEMLQkAQb5GAXXRjBoAAAAASUVORK5CYII=';

async function upload(user: TestUser, bytes: Buffer<ArrayBuffer>, type: string, name: string) {
  const path = `/_matrix/media/v3/upload?filename=${encodeURIComponent(name)}`;
  const reply = await user.send('POST', path, { body: new Uint8Array(bytes), headers: { 'content-type': type } });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return { place: String(reply.body.content_uri).slice('mxc://'.length) };
}

function download(user: TestUser, path: string): Promise<Response> {
  return fetch(`${user.baseUrl}/_matrix/client/v1/media/${path}`, {
    headers: { authorization: `Bearer ${user.accessToken}` },
    signal: AbortSignal.timeout(30_000),
  });
}
