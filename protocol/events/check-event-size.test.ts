import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEventSize, maximumEventBytes } from './check-event-size.ts';
import type { Pdu } from './pdu.ts';

const event: Pdu = {
  type: 'm.room.message',
  room_id: '!r:x.org',
  sender: '@a:x.org',
  content: {},
  origin_server_ts: 1,
  depth: 1,
  prev_events: [],
  auth_events: [],
};

const inBytes = { fieldLimitsInCharacters: false };

function fieldOf(changes: Partial<Pdu>, eventId = '$a', pduJson = '{}', rules = inBytes): string | undefined {
  return checkEventSize({ ...event, ...changes }, eventId, pduJson, rules)?.field;
}

test('an event may have 65,536 bytes and not one more', () => {
  assert.equal(fieldOf({}, '$a', 'a'.repeat(maximumEventBytes)), undefined);
  assert.deepEqual(checkEventSize(event, '$a', 'a'.repeat(65_537), inBytes), {
    field: 'event',
    size: 65_537,
    maximum: 65_536,
    message: 'The event has 65537 bytes, more than 65536',
  });
});

test('bytes are counted, not characters', () => {
  assert.equal(fieldOf({}, '$a', 'é'.repeat(32_768)), undefined);
  assert.equal(fieldOf({}, '$a', `${'é'.repeat(32_768)}a`), 'event');
  assert.equal(fieldOf({ type: '日'.repeat(85) }), undefined);
  assert.equal(fieldOf({ type: `${'日'.repeat(85)}a` }), 'type');
});

test('each limited field may have 255 bytes and not one more', () => {
  for (const field of ['sender', 'room_id', 'state_key', 'type']) {
    assert.equal(fieldOf({ [field]: 'a'.repeat(255) }), undefined);
    assert.equal(fieldOf({ [field]: 'a'.repeat(256) }), field);
  }
  assert.equal(fieldOf({}, 'a'.repeat(255)), undefined);
  assert.equal(fieldOf({}, 'a'.repeat(256)), 'event_id');
});

test('old room versions count the characters of fields, and the bytes of the event', () => {
  const rules = { fieldLimitsInCharacters: true };
  assert.equal(fieldOf({ state_key: '💥'.repeat(255) }, '$a', '{}', rules), undefined);
  assert.equal(fieldOf({ state_key: '💥'.repeat(256) }, '$a', '{}', rules), 'state_key');
  assert.equal(fieldOf({}, '$a', '日'.repeat(30_000), rules), 'event');
});
