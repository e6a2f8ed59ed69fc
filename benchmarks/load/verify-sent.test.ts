import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareEventIds } from './verify-sent.ts';

test('the same events in another order are all there', () => {
  compareEventIds('!room', ['$a', '$b', '$c'], ['$c', '$a', '$b']);
});

test('an acknowledged event that is not found is missing', () => {
  assert.throws(() => compareEventIds('!room', ['$a', '$b'], ['$a', '$x']), /of 2 acknowledged events 1 are missing/);
});

test('an event that is found twice is doubled', () => {
  assert.throws(() => compareEventIds('!room', ['$a'], ['$a', '$a']), /0 are missing, 1 doubled/);
});

test('an event id that acknowledged two messages is doubled', () => {
  assert.throws(() => compareEventIds('!room', ['$a', '$a'], ['$a', '$b']), /1 doubled/);
});
