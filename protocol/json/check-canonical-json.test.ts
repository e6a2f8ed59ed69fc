import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../events/pdu.ts';
import { encodeCanonicalJson } from './canonical-json.ts';
import { checkCanonicalJson } from './check-canonical-json.ts';

function nested(depth: number): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

test('a fraction is named with its place', () => {
  assert.deepEqual(checkCanonicalJson({ a: { b: [0, 1.5] } }), {
    kind: 'not-an-integer',
    path: 'a.b[1]',
    message: 'Numbers must be integers: a.b[1]',
  });
});

test('integers end at 2^53-1 in both directions', () => {
  assert.equal(checkCanonicalJson([2 ** 53 - 1, -(2 ** 53) + 1, -0, 1e10]), undefined);
  for (const number of [2 ** 53, -(2 ** 53), 1e300]) {
    assert.equal(checkCanonicalJson({ number })?.kind, 'integer-out-of-range');
  }
});

test('in rooms of versions 1 to 5 every finite number is taken and an infinite one is not', () => {
  assert.equal(checkCanonicalJson([1.5, 2 ** 63, -1e-7], { strict: false }), undefined);
  assert.equal(checkCanonicalJson(JSON.parse('[1e400]'), { strict: false })?.kind, 'integer-out-of-range');
});

test('lone surrogates are found in values and in keys', () => {
  assert.equal(checkCanonicalJson({ a: '\ud83d' })?.kind, 'lone-surrogate');
  assert.equal(checkCanonicalJson({ a: { '\ude00': 1 } })?.kind, 'lone-surrogate');
  assert.equal(checkCanonicalJson({ '😀': '😀' }), undefined);
});

test('nesting is counted up to the bound and not beyond', () => {
  assert.equal(checkCanonicalJson(nested(100)), undefined);
  assert.equal(checkCanonicalJson(nested(101))?.kind, 'too-deep');
  assert.equal(checkCanonicalJson(nested(3), { strict: true, maximumDepth: 2 })?.kind, 'too-deep');
});

test('a million levels are refused without a stack overflow, with a short path', () => {
  const problem = checkCanonicalJson(nested(1_000_000));
  assert.equal(problem?.kind, 'too-deep');
  assert.ok((problem?.path.length ?? 0) <= 200);
});

test('a problem under a key named __proto__ is found', () => {
  assert.equal(checkCanonicalJson(JSON.parse('{"__proto__":{"a":1.5}}'))?.path, '__proto__.a');
});

test('values that are no JSON are refused', () => {
  assert.equal(checkCanonicalJson([() => 1] as unknown as JsonValue)?.kind, 'not-json');
  assert.equal(checkCanonicalJson([1n] as unknown as JsonValue)?.kind, 'not-json');
});

test('whatever passes the check can be encoded, and whatever fails it cannot', () => {
  const anyJson = fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<JsonValue>;
  fc.assert(
    fc.property(anyJson, fc.boolean(), (value, strict) => {
      const problem = checkCanonicalJson(value, { strict });
      if (problem === undefined) assert.equal(typeof encodeCanonicalJson(value, { strict }), 'string');
      else assert.throws(() => encodeCanonicalJson(value, { strict }), TypeError);
    }),
  );
});
