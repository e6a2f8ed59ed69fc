import type { Pdu } from '@holdfast/protocol/events/pdu.ts';

/**
 * An event as clients see it, as JSON text without `room_id`, `unsigned` and the closing brace: what all readers
 * share. `contentJson` is the content's JSON where it was printed already.
 * https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export function clientJsonOf(eventId: string, pdu: Pdu, contentJson = JSON.stringify(pdu.content)): string {
  const { origin_server_ts: timestamp, sender, state_key: stateKey, type } = pdu;
  // Up to room version 10 `redacts` stands beside the content, later inside: clients find it in both places.
  const redacts = pdu.redacts ?? (type === 'm.room.redaction' ? pdu.content['redacts'] : undefined);
  const content =
    pdu.redacts !== undefined && type === 'm.room.redaction'
      ? JSON.stringify({ ...pdu.content, redacts: pdu.redacts })
      : contentJson;
  let text = `{"content":${content},"event_id":${JSON.stringify(eventId)},"origin_server_ts":${timestamp}`;
  if (typeof redacts === 'string') text += `,"redacts":${JSON.stringify(redacts)}`;
  text += `,"sender":${JSON.stringify(sender)}`;
  if (stateKey !== undefined) text += `,"state_key":${JSON.stringify(stateKey)}`;
  return `${text},"type":${JSON.stringify(type)}`;
}
