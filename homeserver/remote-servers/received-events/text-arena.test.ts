import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextArena } from './text-arena.ts';

test('every text comes out as it went in, also one larger than a block, until it is forgotten', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('é'.repeat(400_000)));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), fc.array(fc.boolean(), { maxLength: 12 }), (texts, forgotten) => {
      const arena = new TextArena();
      for (const [index, each] of texts.entries()) assert.equal(arena.add(each), index);
      assert.deepEqual(
        texts.map((_, index) => arena.get(index)),
        texts,
      );
      assert.throws(() => arena.get(texts.length), RangeError);
      for (const [index, isForgotten] of forgotten.slice(0, texts.length).entries()) {
        if (isForgotten) arena.forget(index);
      }
      for (const [index, each] of texts.entries()) {
        if (forgotten[index]) assert.throws(() => arena.get(index), RangeError);
        else assert.equal(arena.get(index), each);
      }
      const another = arena.add('another');
      assert.equal(arena.get(another), 'another');
    }),
    { numRuns: 40 },
  );
});
