import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusalCode, refusalInWords } from './refusal-words.ts';

test('a refusal is told by its number, or by the mode that the server names', () => {
  assert.equal(refusalInWords('473', '#a', ''), '#a is for invited people only');
  assert.match(refusalInWords('471', '#a', 'Cannot join channel (+l)'), /^#a is full \(/);
  assert.match(refusalInWords('471', '#a', 'Cannot join channel (+R) -- Registered users only'), /registered nick/);
  assert.match(refusalInWords('471', '#a', 'Cannot join channel (+z)'), /encrypted connection/);
  assert.ok(isRefusalCode('404') && !isRefusalCode('001') && !isRefusalCode('__proto__'));
});
