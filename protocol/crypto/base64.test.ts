import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64, decodeUrlSafeBase64, encodeBase64, encodeUrlSafeBase64 } from './base64.ts';

const encoder = new TextEncoder();

test('the examples of the specification are encoded without padding', () => {
  const examples = { '': '', f: 'Zg', fo: 'Zm8', foo: 'Zm9v', foob: 'Zm9vYg', fooba: 'Zm9vYmE', foobar: 'Zm9vYmFy' };
  for (const [text, base64] of Object.entries(examples)) {
    assert.equal(encodeBase64(encoder.encode(text)), base64);
    assert.deepEqual(decodeBase64(base64), encoder.encode(text));
  }
});

test('the two alphabets differ in two characters and do not read each other', () => {
  const bytes = Uint8Array.from([0xfb, 0xff]);
  assert.equal(encodeBase64(bytes), '+/8');
  assert.equal(encodeUrlSafeBase64(bytes), '-_8');
  assert.deepEqual(decodeUrlSafeBase64('-_8'), bytes);
  assert.equal(decodeBase64('-_8'), undefined);
  assert.equal(decodeUrlSafeBase64('+/8'), undefined);
});

test('padding may be there or not, and nothing else is read', () => {
  assert.deepEqual(decodeBase64('Zg=='), encoder.encode('f'));
  for (const text of ['Z', 'Zg=', 'Zg===', 'Z g', 'Zg\n', 'Zm9v!', 'é'])
    assert.equal(decodeBase64(text), undefined, text);
});
