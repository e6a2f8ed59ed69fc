import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCanonicalJson } from './canonical-json.ts';
import { isExactNumber, mayHaveUnusualNumbers, parseExactly } from './exact-numbers.ts';

for (const number of ['9007199254740993', '-9007199254740993', '1.0', '0.50', '1e-05', '1E5', '9223372036854775807']) {
  test(`${number} is written as it came, wherever it stands`, () => {
    const text = `{"a":[1,${number},{"b":${number}}],"c":${number}}`;
    assert.equal(mayHaveUnusualNumbers(text), true);
    assert.equal(encodeCanonicalJson(parseExactly(text), { strict: false }), text);
    assert.equal(JSON.stringify(parseExactly(text)), text);
  });
}

test('ordinary numbers are numbers, and minus nought is nought', () => {
  const value = parseExactly('{"a":[0,-1,12,1.5,-0,9007199254740991],"text":"1.0"}');
  assert.deepEqual(value, { a: [0, -1, 12, 1.5, -0, 9007199254740991], text: '1.0' });
  assert.equal(encodeCanonicalJson(parseExactly('[-0]'), { strict: false }), '[0]');
});

test('what no number can hold is not kept, and has no canonical JSON', () => {
  assert.equal(isExactNumber(parseExactly('1e400')), false);
  assert.throws(() => encodeCanonicalJson(parseExactly('1e400'), { strict: false }), TypeError);
});

test('a text without long numbers, fractions and exponents need not be read twice', () => {
  assert.equal(mayHaveUnusualNumbers('{"depth":12,"origin_server_ts":1700000000000,"hash":"1e5.0","a":[1,-2]}'), false);
});
