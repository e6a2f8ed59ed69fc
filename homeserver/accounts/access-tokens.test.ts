import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@holdfast/effects/random.ts';
import { hashToken, isWellFormedToken, makeToken } from './access-tokens.ts';

test('a token is recognised as what it is for and as nothing else', () => {
  const token = makeToken(systemRandom, 'access');
  assert.ok(isWellFormedToken(token, 'access'));
  assert.ok(!isWellFormedToken(token, 'refresh'));
  assert.equal(hashToken(token).length, 32);
  assert.notEqual(makeToken(systemRandom, 'access'), token);
});

test('a token with any character changed, added or missing is not well formed', () => {
  const token = makeToken(systemRandom, 'refresh');
  for (let index = 0; index < token.length; index++) {
    const other = token[index] === 'x' ? 'y' : 'x';
    assert.ok(!isWellFormedToken(token.slice(0, index) + other + token.slice(index + 1), 'refresh'), String(index));
  }
  assert.ok(!isWellFormedToken(token.slice(0, -1), 'refresh'));
  assert.ok(!isWellFormedToken(`${token}x`, 'refresh'));
});
