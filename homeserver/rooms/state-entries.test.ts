import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { StateEntries } from './state-entries.ts';

test('a state event is kept as it is but for what proves it', () => {
  const pdu: Pdu = {
    ...{ type: 'm.room.topic', state_key: '', sender: '@one:here', content: { topic: 'this' }, room_id: '!room:here' },
    ...{ origin_server_ts: 1, depth: 2, prev_events: ['$before'], auth_events: ['$create', ['$old', { sha256: 'x' }]] },
    ...{ hashes: { sha256: 'y' }, signatures: { here: { 'ed25519:1': 'z' } } },
  };
  const { hashes: _hashes, signatures: _signatures, ...kept } = pdu;
  const place = { eventId: '$this', roomId: '!room:here', position: 3, since: 4 };
  assert.deepEqual(new StateEntries().entryOf({ ...place, pdu }), { ...place, pdu: kept });
  // From room version 12 on the create event names no room.
  const { room_id: _roomId, ...create } = kept;
  assert.deepEqual(new StateEntries().entryOf({ ...place, pdu: create }), { ...place, pdu: create });
});
