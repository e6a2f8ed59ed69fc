import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSenderOrder } from './check-sender-order.ts';

const seen = (bodies: readonly string[]) => ({
  reader: 'r',
  events: bodies.map((body, index) => ({ eventId: `$${index}`, body })),
});

test('senders may stand in between each other as they like', () => {
  assert.deepEqual(checkSenderOrder(seen(['@a:x 0', '@b:y 0', '@b:y 1', '@a:x 1', '@a:x 5'])), []);
});

test('what a sender said later and what stands earlier is told', () => {
  assert.deepEqual(checkSenderOrder(seen(['@a:x 0', '@a:x 2', '@b:y 0', '@a:x 1'])), ['r: @a:x 1 stands after 2']);
});
