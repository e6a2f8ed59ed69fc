import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { EventEntryBody, ReplacedEvent } from '../../platform/shard-log/log-entry.ts';
import { clientJsonOf } from './client-json.ts';

/** An event as the log carries it, without what belongs to its own entry only: whom it notifies, what it changes. */
export function storedEventBody(event: IdentifiedPdu & { readonly rules: RoomVersionRules }): EventEntryBody {
  const { roomId, eventId, pdu, rules } = event;
  return {
    roomId,
    eventId,
    type: pdu.type,
    sender: pdu.sender,
    ...(pdu.state_key !== undefined && { stateKey: pdu.state_key }),
    originServerTs: pdu.origin_server_ts,
    content: pdu.content,
    clientJson: clientJsonOf(rules, eventId, pdu),
    notifyOrdinal: 0,
    notifies: false,
  };
}

export function replacedEventOf({ eventId, pdu }: IdentifiedPdu): ReplacedEvent {
  return { eventId, sender: pdu.sender, content: pdu.content };
}
