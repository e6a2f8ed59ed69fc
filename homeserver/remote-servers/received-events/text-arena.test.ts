import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextArena } from './text-arena.ts';

test('every text comes out as it went in, replaced or not, also one larger than a block', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('é'.repeat(400_000)));
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(11), text), { maxLength: 4 }),
      (texts, later) => {
        const arena = new TextArena();
        const expected = [...texts];
        for (const [index, each] of texts.entries()) assert.equal(arena.add(each), index);
        for (const [index, each] of later) {
          if (index >= expected.length) continue;
          arena.replace(index, each);
          expected[index] = each;
        }
        assert.deepEqual(
          expected.map((_, index) => arena.get(index)),
          expected,
        );
        assert.throws(() => arena.get(expected.length), RangeError);
      },
    ),
    { numRuns: 40 },
  );
});
