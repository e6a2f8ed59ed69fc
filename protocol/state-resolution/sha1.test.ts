import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha1Hex } from './sha1.ts';

test('SHA-1 agrees with the platform for texts of every length around a block', () => {
  for (let length = 0; length < 200; length++) {
    const text = `$${'é'.repeat(length)}:example.org`.slice(0, length);
    assert.equal(sha1Hex(text), createHash('sha1').update(text).digest('hex'), `length ${length}`);
  }
});
