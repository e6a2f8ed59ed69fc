import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { compareCodePoints, encodeCanonicalJson } from './canonical-json.ts';
import { checkCanonicalJson } from './check-canonical-json.ts';

/** The examples of https://spec.matrix.org/v1.19/appendices/#examples: JSON text and its canonical form. */
const specificationExamples: [json: string, canonical: string][] = [
  ['{}', '{}'],
  ['{ "one": 1, "two": "Two" }', '{"one":1,"two":"Two"}'],
  ['{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'],
  [
    `{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe",
      "three_pids": [{"medium": "email", "address": "john.doe@example.org"},
                     {"medium": "msisdn", "address": "123456789"}]}}}`,
    '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
  ],
  ['{ "a": "日本語" }', '{"a":"日本語"}'],
  ['{ "本": 2, "日": 1 }', '{"日":1,"本":2}'],
  ['{ "a": "\\u65E5" }', '{"a":"日"}'],
  ['{ "a": null }', '{"a":null}'],
  ['{ "a": -0, "b": 1e10 }', '{"a":0,"b":10000000000}'],
];

for (const [json, canonical] of specificationExamples) {
  test(`the specification's example ${canonical.slice(0, 40)} is encoded as it says`, () => {
    assert.equal(encodeCanonicalJson(JSON.parse(json)), canonical);
  });
}

test('keys are sorted by code point, where UTF-16 would put emoji before U+FF61', () => {
  const value = { '😀': 1, '\uff61': 2, a: 3, '\ue000': 4, é: 5 };
  assert.equal(encodeCanonicalJson(value), '{"a":3,"é":5,"\ue000":4,"\uff61":2,"😀":1}');
});

test('keys that look like array indices are sorted as texts', () => {
  assert.equal(encodeCanonicalJson({ 10: 1, 9: 2, '-': 3, '': 4 }), '{"":4,"-":3,"10":1,"9":2}');
});

test('the first of two keys that share a start is the shorter one', () => {
  assert.equal(encodeCanonicalJson({ ab: 1, a: 2, 'ab"': 3 }), '{"a":2,"ab":1,"ab\\"":3}');
});

test('every control character has its shortest escape and nothing else is escaped', () => {
  const text = `${Array.from({ length: 0x20 }, (_, unit) => String.fromCharCode(unit)).join('')}"\\/\u007f\u2028é`;
  assert.equal(
    encodeCanonicalJson(text),
    '"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f' +
      '\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f' +
      '\\"\\\\/\u007f\u2028é"',
  );
});

test('a member named __proto__ is encoded like any other', () => {
  assert.equal(encodeCanonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}')), '{"__proto__":{"a":2},"b":1}');
});

test('members that are undefined are left out', () => {
  assert.equal(encodeCanonicalJson({ a: undefined, b: 1, é: undefined }), '{"b":1}');
  assert.equal(encodeCanonicalJson({ a: undefined }), '{}');
});

test('rooms of versions 1 to 5 may hold numbers that later ones refuse', () => {
  const value = { large: 2 ** 63, small: 0.00001, tiny: 1.5e-12, half: -0.5 };
  assert.equal(
    encodeCanonicalJson(value, { strict: false }),
    '{"half":-0.5,"large":9223372036854775808,"small":1e-05,"tiny":1.5e-12}',
  );
  for (const number of Object.values(value)) assert.throws(() => encodeCanonicalJson({ number }), TypeError);
});

test('what has no JSON is never encoded', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => encodeCanonicalJson([value], { strict: false }), TypeError);
  }
  assert.throws(() => encodeCanonicalJson('\ud800'), TypeError);
  assert.throws(() => encodeCanonicalJson({ '\udc00': 1 }), TypeError);
  assert.throws(() => encodeCanonicalJson([() => 1] as unknown as JsonValue), TypeError);
});

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '10', '9', '', '😀', '\uffff', '\ue000'));
const { json } = fc.letrec<{ json: JsonValue; object: JsonObject }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    text,
    fc.array(tie('json')),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('json'), { noNullPrototype: true }),
}));

test('canonical JSON reads back as the same value, and encoding that again changes nothing', () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.equal(checkCanonicalJson(value), undefined);
      const canonical = encodeCanonicalJson(value);
      const readBack = JSON.parse(canonical);
      assert.deepEqual(readBack, JSON.parse(JSON.stringify(value)));
      assert.equal(encodeCanonicalJson(readBack), canonical);
    }),
  );
});

test('the order in which members were added makes no difference', () => {
  const entries = fc.uniqueArray(fc.tuple(key, json), { selector: (entry) => entry[0] });
  const shuffled = entries.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      assert.equal(encodeCanonicalJson(Object.fromEntries(one)), encodeCanonicalJson(Object.fromEntries(other)));
    }),
  );
});

const nearText = fc
  .array(fc.constantFrom('a', 'é', '\ue000', '\uffff', '😀', '\u{10ffff}'), { maxLength: 4 })
  .map((all) => all.join(''));

test('texts are compared exactly as the lists of their code points', () => {
  fc.assert(
    fc.property(nearText, nearText, (left, right) => {
      const points = (characters: string) => Array.from(characters, (character) => character.codePointAt(0) as number);
      const [a, b] = [points(left), points(right)];
      const differing = a.findIndex((point, index) => point !== b[index]);
      const expected = differing === -1 ? a.length - b.length : (a[differing] as number) - (b[differing] ?? -1);
      assert.equal(Math.sign(compareCodePoints(left, right)), Math.sign(expected));
    }),
  );
});
