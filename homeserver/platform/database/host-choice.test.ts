import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostChoice } from './host-choice.ts';

test('the host that served is chosen until it rejects, and then the next one', () => {
  const choice = new HostChoice(3);
  assert.deepEqual([choice.choose(0), choice.choose(0)], [0, 0]);
  choice.noteRejected(0);
  // Another connection to the same host ends: that is no news.
  choice.noteRejected(0);
  assert.equal(choice.choose(0), 1);
});

test('a host that was silent is passed over, and looked at again by one connection at a time', () => {
  const choice = new HostChoice(3);
  choice.noteSilent(0, 0);
  choice.noteRejected(1);
  choice.noteRejected(2);
  assert.equal(choice.choose(1_000), 1);
  choice.noteRejected(1);
  choice.noteRejected(2);
  assert.deepEqual([choice.choose(3_000), choice.choose(3_000)], [0, 1]);
});

test('a host that speaks again is like any other', () => {
  const choice = new HostChoice(2);
  choice.noteSilent(0, 0);
  choice.noteRejected(1);
  assert.equal(choice.choose(1), 1);
  choice.noteWord(0);
  assert.equal(choice.choose(1), 0);
});

test('when all are silent one of them is tried all the same', () => {
  const choice = new HostChoice(2);
  choice.noteSilent(0, 0);
  choice.noteSilent(1, 0);
  assert.equal(choice.choose(1), 0);
});
