import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packEvent, unpackEvent } from './pack-event.ts';

test('every text comes out of its packing as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 4_000 }), (text) => {
      const json = JSON.stringify({ body: text });
      assert.equal(unpackEvent(Buffer.from(packEvent(json))), json);
    }),
  );
});

test('a long repetitive event takes less room than its text', () => {
  const json = JSON.stringify({ body: 'the same words again and again '.repeat(200) });
  assert.ok(packEvent(json).length < json.length / 10);
});

test('bytes of an unknown packing are refused', () => {
  assert.throws(() => unpackEvent(Buffer.of(9, 1, 2)), /unknown packing/);
});
