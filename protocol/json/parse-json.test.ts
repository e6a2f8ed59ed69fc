import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, parseJson, parseJsonObject } from './parse-json.ts';

const encoder = new TextEncoder();

function problemOf(body: string | Uint8Array, maximumDepth?: number): string | undefined {
  const bytes = typeof body === 'string' ? encoder.encode(body) : body;
  return parseJsonObject(bytes, maximumDepth === undefined ? {} : { maximumDepth }).problem?.kind;
}

test('an object is read with all its members', () => {
  const parsed = parseJsonObject(encoder.encode(' {"a": [1, "é😀\\ud83d\\ude00", null], "b": {}} '));
  assert.deepEqual(parsed.value, { a: [1, 'é😀😀', null], b: {} });
});

test('bytes that are no UTF-8 are refused', () => {
  const invalid: Record<string, number[]> = {
    'a lone continuation byte': [0x80],
    'an overlong slash': [0xc0, 0xaf],
    'a surrogate encoded as such': [0xed, 0xa0, 0x80],
    'a code point above U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
    'a cut character': [0xe6, 0x97],
  };
  for (const [name, bytes] of Object.entries(invalid)) {
    assert.equal(problemOf(Uint8Array.from([...encoder.encode('{"a":"'), ...bytes, 0x22, 0x7d])), 'not-utf-8', name);
  }
});

test('a byte order mark is refused, in UTF-8 and in UTF-16', () => {
  assert.equal(problemOf('\ufeff{}'), 'byte-order-mark');
  assert.equal(problemOf(Uint8Array.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])), 'not-utf-8');
});

test('what is no JSON is refused', () => {
  for (const body of [
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{"a":NaN}',
    '{"a":01}',
    '{} {}',
    '{"a":"\n"}',
    '{"a":1}\u0000',
  ]) {
    assert.equal(problemOf(body), 'not-json', body);
  }
});

test('JSON that is no object is refused as such', () => {
  for (const body of ['[]', 'null', '1', '"{}"', 'true']) assert.equal(problemOf(body), 'not-an-object', body);
  assert.deepEqual(parseJson(encoder.encode('[1]')).value, [1]);
});

test('escaped lone surrogates are refused in values and in keys, however they are written', () => {
  for (const body of ['{"a":"\\ud800"}', '{"a":["\\uDFFF x"]}', '{"\\udabc":1}', '{"a":"\\ude00\\ud83d"}']) {
    assert.equal(problemOf(body), 'lone-surrogate', body);
  }
  assert.deepEqual(parseJsonObject(encoder.encode('{"a":"\\\\ud800"}')).value, { a: '\\ud800' });
});

test('nesting is allowed up to the bound, and brackets in strings do not count', () => {
  const levels = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  assert.equal(problemOf(levels(100)), undefined);
  assert.equal(problemOf(levels(101)), 'too-deep');
  assert.equal(problemOf(levels(5), 4), 'too-deep');
  assert.equal(problemOf(`{"a":"${'[{\\"'.repeat(200)}"}`), undefined);
  assert.equal(problemOf(`{"a":[${'[],{},'.repeat(200)}1]}`), undefined);
});

test('five million opening brackets are refused without a stack overflow', () => {
  assert.equal(problemOf('['.repeat(5_000_000)), 'too-deep');
  assert.equal(problemOf('{"a":'.repeat(1_000_000)), 'too-deep');
});

test('a member named __proto__ stays a member and changes no prototype', () => {
  const { value } = parseJsonObject(encoder.encode('{"__proto__":{"admin":true},"constructor":1}'));
  assert.ok(value);
  assert.equal(Object.hasOwn(value, '__proto__'), true);
  assert.equal(value['admin'], undefined);
  assert.equal(Object.getPrototypeOf({ ...value }), Object.prototype);
});

test('any bytes at all give a value or a problem, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const parsed = parseJson(bytes, { maximumDepth: 3 });
      assert.notEqual(parsed.value === undefined, parsed.problem === undefined);
    }),
  );
});

test('all that JSON.stringify writes is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8, stringUnit: 'grapheme' }), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parseJson(encoder.encode(text)).value, JSON.parse(text));
    }),
  );
});

test('only objects count as JSON objects', () => {
  assert.equal(isJsonObject({}), true);
  for (const value of [null, [], 'a', 1, undefined]) assert.equal(isJsonObject(value), false);
});
