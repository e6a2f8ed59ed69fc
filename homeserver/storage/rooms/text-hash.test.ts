import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventIdHash, textHash } from './text-hash.ts';

test('hashes fit into 48 bits, so that they are exact as numbers', () => {
  for (const text of ['', 'a', 'ü'.repeat(1000)]) {
    const value = textHash(text);
    assert.ok(Number.isSafeInteger(value) && value >= 0 && value < 2 ** 48);
  }
});

test('an event id that is a hash is not hashed again, others are', () => {
  const bytes = Buffer.alloc(32, 7);
  const id = `$${bytes.toString('base64url')}`;
  assert.equal(eventIdHash(id), bytes.readUIntBE(0, 6));
  assert.equal(eventIdHash('$abc:example.org'), textHash('$abc:example.org'));
});
