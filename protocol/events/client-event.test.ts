import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { addUnsigned, clientEventJson, clientEventOf, redactedEventIdOf, stripStateEvent } from './client-event.ts';
import type { JsonObject, Pdu } from './pdu.ts';

const rulesOf = (version: string) => roomVersionRules(version) as RoomVersionRules;
const event: Pdu = {
  type: 'm.room.message',
  room_id: '!r:x.org',
  sender: '@a:x.org',
  content: { body: 'hello "you"\n' },
  origin_server_ts: 1_700_000_000_000,
  depth: 5,
  prev_events: ['$p'],
  auth_events: ['$q'],
  hashes: { sha256: 'h' },
  signatures: { x: { y: 'z' } },
  unsigned: { age: 3 },
};

function clientFormOf(pdu: Pdu, version: string, options = {}): JsonObject {
  return JSON.parse(clientEventJson(clientEventOf(pdu, '$e', rulesOf(version)), options));
}

test('clients see the six members that the specification names and nothing of the federation', () => {
  assert.deepEqual(clientFormOf(event, '11', { roomId: '!r:x.org', unsignedJson: '{"age":7}' }), {
    content: { body: 'hello "you"\n' },
    event_id: '$e',
    origin_server_ts: 1_700_000_000_000,
    room_id: '!r:x.org',
    sender: '@a:x.org',
    type: 'm.room.message',
    unsigned: { age: 7 },
  });
});

test('room id and unsigned are left out where the reply has no use for them', () => {
  const members = ['content', 'event_id', 'origin_server_ts', 'sender', 'type'];
  assert.deepEqual(Object.keys(clientFormOf(event, '11')), members);
});

test('a state event shows its state key, an empty one too', () => {
  assert.equal(clientFormOf({ ...event, state_key: '' }, '11')['state_key'], '');
  assert.equal(Object.hasOwn(clientFormOf(event, '11'), 'state_key'), false);
});

test('a redaction names its target in both places, whichever the room version uses', () => {
  const old: Pdu = { ...event, type: 'm.room.redaction', redacts: '$t', content: { reason: 'rude', redacts: '$no' } };
  const recent: Pdu = { ...event, type: 'm.room.redaction', content: { reason: 'rude', redacts: '$t' } };
  for (const shown of [clientFormOf(old, '10'), clientFormOf(recent, '11')]) {
    assert.equal(shown['redacts'], '$t');
    assert.deepEqual(shown['content'], { reason: 'rude', redacts: '$t' });
  }
});

test('a redaction that names nothing shows nothing, and other events never show redacts', () => {
  const redaction: Pdu = { ...event, type: 'm.room.redaction', content: { redacts: 1 } };
  assert.equal(redactedEventIdOf(redaction, rulesOf('11')), undefined);
  assert.equal(redactedEventIdOf(redaction, rulesOf('10')), undefined);
  assert.equal(Object.hasOwn(clientFormOf(redaction, '11'), 'redacts'), false);
  assert.equal(Object.hasOwn(clientFormOf({ ...event, redacts: '$t' }, '10'), 'redacts'), false);
});

test('the text of the content is taken as it is given', () => {
  const shown = clientEventOf(event, '$e', rulesOf('12'), '{"body":1}');
  assert.match(clientEventJson(shown), /^\{"content":\{"body":1\},/);
});

test('unsigned added later gives the same text as unsigned from the start', () => {
  const shown = clientEventOf(event, '$e', rulesOf('12'));
  const unsignedJson = '{"transaction_id":"m1"}';
  assert.equal(addUnsigned(clientEventJson(shown), unsignedJson), clientEventJson(shown, { unsignedJson }));
});

test('whatever texts an event holds, its client form is JSON that gives them back', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, text, (type, stateKey, body) => {
      const shown = clientFormOf({ ...event, type, state_key: stateKey, content: { body } }, '11');
      assert.deepEqual([shown['type'], shown['state_key'], shown['content']], [type, stateKey, { body }]);
    }),
  );
});

test('stripped state has four members', () => {
  assert.deepEqual(stripStateEvent({ ...event, type: 'm.room.name', state_key: '', content: { name: 'n' } }), {
    content: { name: 'n' },
    sender: '@a:x.org',
    state_key: '',
    type: 'm.room.name',
  });
});
