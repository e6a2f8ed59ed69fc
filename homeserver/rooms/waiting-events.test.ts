import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitingEvents } from './waiting-events.ts';

const sent = { origin: 'a.test', isFetched: false, characters: 10 };
const fetched = { ...sent, isFetched: true };

test('an event waits until all that it waits for is here', () => {
  const waiting = new WaitingEvents();
  waiting.set('c', { ...sent, missing: ['a', 'b'] });
  waiting.hasCome('a');
  assert.equal(waiting.hasReady, false);
  waiting.hasCome('b');
  assert.equal(waiting.hasReady, true);
  assert.deepEqual(waiting.readyInTurn(10), ['c']);
});

test('what comes after an event that is ready is ready in turn, where nothing else is missing for it', () => {
  const waiting = new WaitingEvents();
  waiting.set('d', { ...sent, missing: ['b', 'c'] });
  waiting.set('c', { ...sent, missing: ['a'] });
  waiting.set('b', { ...sent, missing: ['a'] });
  waiting.set('e', { ...sent, missing: ['d', 'lost'] });
  waiting.hasCome('a');
  assert.deepEqual(new Set(waiting.readyInTurn(10)), new Set(['b', 'c', 'd']));
  assert.equal(waiting.readyInTurn(10).at(-1), 'd');
  assert.equal(waiting.readyInTurn(2).length, 2);
});

test('one that goes away is nobody that others wait behind, and is counted no longer', () => {
  const waiting = new WaitingEvents();
  waiting.set('b', { ...sent, missing: ['a'] });
  waiting.set('c', { ...fetched, missing: ['b'] });
  assert.deepEqual([waiting.size, waiting.countSentBy('a.test'), waiting.characters], [2, 1, 20]);
  assert.equal(waiting.delete('b'), true);
  assert.equal(waiting.delete('b'), false);
  waiting.hasCome('a');
  assert.equal(waiting.hasReady, false);
  assert.deepEqual([waiting.size, waiting.countSentBy('a.test'), waiting.characters], [1, 0, 10]);
});

test('of an event that waits again only what it waits for is another', () => {
  const waiting = new WaitingEvents();
  waiting.set('b', { ...sent, missing: [] });
  assert.equal(waiting.hasReady, true);
  waiting.set('b', { ...fetched, missing: ['a'] });
  assert.equal(waiting.hasReady, false);
  assert.equal(waiting.countSentBy('a.test'), 1);
  waiting.hasCome('a');
  assert.deepEqual(waiting.readyInTurn(10), ['b']);
});
