import type { EventDraft } from '@holdfast/protocol/events/build-event.ts';
import type { IdentifiedPdu, Pdu } from '@holdfast/protocol/events/pdu.ts';

const hashOf = (letter: string) => `$${letter.repeat(43)}`;
export const sampleRoomId = '!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const sender = '@alice:one.example';

/** A message of usual size in a room of version 12, before it is hashed and signed. */
export const sampleDraft: EventDraft = {
  type: 'm.room.message',
  sender,
  roomId: sampleRoomId,
  content: {
    msgtype: 'm.text',
    body: 'The quick brown fox jumps over the lazy dog, and what it does next takes eighty characters.',
    'm.mentions': { user_ids: ['@bob:two.example'] },
  },
  originServerTs: 1_790_000_000_000,
  depth: 12_345,
  prevEvents: [hashOf('B')],
  authEvents: [hashOf('C'), hashOf('D')],
};

/** The state that authorises the message: create, power levels, join rules and the sender's membership. */
export function sampleState(): Map<string, IdentifiedPdu> {
  const events: [type: string, stateKey: string, content: Pdu['content']][] = [
    ['m.room.create', '', { room_version: '12' }],
    [
      'm.room.power_levels',
      '',
      { users: { '@bob:two.example': 50 }, events: { 'm.room.name': 50 }, events_default: 0 },
    ],
    ['m.room.join_rules', '', { join_rule: 'public' }],
    ['m.room.member', sender, { membership: 'join' }],
  ];
  return new Map(
    events.map(([type, stateKey, content], index) => {
      const pdu: Pdu = {
        type,
        state_key: stateKey,
        sender: '@creator:one.example',
        content,
        origin_server_ts: index,
        depth: index + 1,
        prev_events: [],
        auth_events: [],
        ...(type === 'm.room.create' ? {} : { room_id: sampleRoomId }),
      };
      return [`${type}|${stateKey}`, { eventId: hashOf('E'), roomId: sampleRoomId, pdu }];
    }),
  );
}
