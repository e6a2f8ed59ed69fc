import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesMask } from './match-mask.ts';

test('a mask means what its stars and question marks allow', () => {
  const text = 'alice!alice@host.example';
  for (const mask of ['*', 'alice!*@*', '*!*@host.example', 'a?ice!*', '*!*@*.example', '**e', text]) {
    assert.ok(matchesMask(text, mask), mask);
  }
  for (const mask of ['', 'bob!*@*', 'alice', '*!*@host', '?', 'alice!*@*.org', '*x']) {
    assert.ok(!matchesMask(text, mask), mask);
  }
  assert.ok(matchesMask('', '*') && matchesMask('', ''));
  assert.equal(matchesMask('a'.repeat(500), `${'*a'.repeat(60)}b`), false);
});
