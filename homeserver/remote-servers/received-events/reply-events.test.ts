import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { ReplyEvents } from './reply-events.ts';

const rules = roomVersionRules('10') as RoomVersionRules;

function eventBytes(depth: number): Uint8Array {
  const event = {
    ...{ type: 'm.room.topic', state_key: '', sender: '@one:there', room_id: '!room:there', content: {}, depth },
    ...{ origin_server_ts: 1, prev_events: [], auth_events: [], hashes: { sha256: 'x'.repeat(43) } },
    signatures: { there: { 'ed25519:1': 'x'.repeat(86) } },
  };
  return new TextEncoder().encode(JSON.stringify(event));
}

test('an event that is known has its id among those of the reply, and is not looked at again', () => {
  const eventId = new ReplyEvents(rules, { known: new Set() }).examine(eventBytes(1));
  assert.ok(eventId);
  const events = new ReplyEvents(rules, { known: new Set([eventId]) });
  assert.equal(events.examine(eventBytes(1)), eventId);
  assert.deepEqual(events.wantedKeys(), []);
  const other = events.examine(eventBytes(2));
  events.sort();
  assert.equal(
    events.readNext(() => undefined),
    undefined,
  );
  assert.equal(events.isRead, true);
  assert.deepEqual(
    events.refused.examples.map((refused) => refused.eventId),
    [other],
  );
});

test('what is read early waits for its key, and is refused without it at the end', () => {
  const events = new ReplyEvents(rules, { known: new Set(), isReadEarly: true });
  const noKey = () => undefined;
  assert.ok(events.examine(eventBytes(1)));
  assert.equal(events.readable, 1);
  assert.equal(events.readNext(noKey), undefined);
  assert.deepEqual([events.readable, events.refused.count], [0, 0]);
  events.tryAgain();
  assert.equal(events.readable, 1);
  assert.equal(events.readNext(noKey), undefined);
  events.sort();
  assert.equal(events.readable, 1);
  assert.equal(events.readNext(noKey), undefined);
  assert.deepEqual([events.readable, events.refused.count], [0, 1]);
});
