import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MultipartError, parseBoundary, readMultipart } from './read-multipart.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < bytes.length; index += size) yield bytes.subarray(index, index + size);
}

async function readParts(source: AsyncIterable<Uint8Array>, boundary = 'b') {
  const parts: { headers: Record<string, string>; body: Buffer }[] = [];
  for await (const part of readMultipart(source, boundary)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of part.body) chunks.push(chunk);
    parts.push({ headers: Object.fromEntries(part.headers), body: Buffer.concat(chunks) });
  }
  return parts;
}

const read = (text: string, size = 7) => readParts(chunksOf(Buffer.from(text, 'latin1'), size));

test('the parts of a body come with their headers, however the body is cut', async () => {
  const text = '--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nX: 1\r\nx: 2\r\n\r\nby\r\n-tes\r\n--b--\r\n';
  for (let size = 1; size < 20; size++) {
    const parts = await read(text, size);
    assert.deepEqual(
      parts.map(({ headers, body }) => [headers, body.toString()]),
      [
        [{ 'content-type': 'application/json' }, '{}'],
        [{ x: '1' }, 'by\r\n-tes'],
      ],
    );
  }
});

test('parts without headers, without bytes, after a preamble and with a padded boundary are read', async () => {
  const parts = await read('hello\r\n--b  \r\n\r\n\r\n--b\r\n\r\nx\r\n--b--');
  assert.deepEqual(
    parts.map(({ headers, body }) => [headers, body.toString()]),
    [
      [{}, ''],
      [{}, 'x'],
    ],
  );
});

test('whatever bytes a part has come back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
      const body = Buffer.concat([
        Buffer.from('--bound\r\n\r\n{}\r\n--bound\r\nA: b\r\n\r\n'),
        bytes,
        Buffer.from('\r\n--bound--'),
      ]);
      const parts = await readParts(chunksOf(body, size), 'bound');
      assert.ok(parts[1]?.body.equals(bytes));
    }),
    { numRuns: 200 },
  );
});

test('a body that ends early, has no boundary or endless headers is refused', async () => {
  for (const text of ['', '--b', '--b\r\n', '--b\r\nA: b\r\n\r\nbytes', '--b\r\n\r\nx\r\n--', 'x'.repeat(40_000)]) {
    await assert.rejects(read(text, 1_000), MultipartError, text.slice(0, 20));
  }
  await assert.rejects(read(`--b\r\n${'A: b\r\n'.repeat(10_000)}\r\nx\r\n--b--`, 1_000), MultipartError);
});

test('a boundary is read from a content type, and from nothing else', () => {
  assert.equal(parseBoundary('multipart/mixed; boundary=abc'), 'abc');
  assert.equal(parseBoundary('Multipart/Mixed; charset=x; Boundary="a b:c"'), 'a b:c');
  assert.equal(parseBoundary('multipart/mixed'), undefined);
  assert.equal(parseBoundary('image/png; boundary=abc'), undefined);
  assert.equal(parseBoundary(undefined), undefined);
});
