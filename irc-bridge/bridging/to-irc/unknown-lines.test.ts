import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OwnLine, UnknownLines } from './unknown-lines.ts';

const line: OwnLine = { network: 'net', channel: '#room', speaker: '@alice:s', nick: 'alice', text: 'hello' };

test('a line that was seen in the channel is not said again, also when its speaker has another nick by now', () => {
  const lines = new UnknownLines();
  lines.add(line);
  assert.equal(lines.confirm(line), true);
  assert.equal(lines.takeConfirmed({ ...line, nick: 'alice_' }), true);
  assert.equal(lines.takeConfirmed(line), false, 'it was forgotten');
});

test('a line that nobody has seen is said again, and what others say is theirs', () => {
  const lines = new UnknownLines();
  lines.add(line);
  assert.equal(lines.confirm({ ...line, nick: 'bob' }), false);
  assert.equal(lines.confirm({ ...line, channel: '#other' }), false);
  assert.equal(lines.takeConfirmed(line), false);
  assert.equal(lines.confirm(line), false, 'what comes later is no line of ours any more');
});

test('a line is seen once: whoever says the same again says something new', () => {
  const lines = new UnknownLines();
  lines.add(line);
  assert.deepEqual([lines.confirm(line), lines.confirm(line)], [true, false]);
});
