import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStoredJson } from './stored-json.ts';

test('NUL is left out, and a text that only looks like its escape is kept', () => {
  const texts = ['a\u0000b', 'a\\u0000', '\\\\u0000', '\\\u0000', 'é"\n\\', '\ud800'];
  const kept = ['ab', 'a\\u0000', '\\\\u0000', '\\', 'é"\n\\', '\ud800'];
  assert.deepEqual(JSON.parse(toStoredJson(texts)), kept);
});
