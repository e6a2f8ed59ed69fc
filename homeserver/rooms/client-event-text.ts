import { encodeCanonicalString } from '@holdfast/protocol/json/canonical-json.ts';
import type { Membership } from '../storage/rooms/membership-codes.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';

/** Who gets to see an event, and when. */
export interface EventViewer {
  readonly userId: string;
  readonly deviceId: string;
  /** Wall clock, for `age`. */
  readonly nowMs: number;
  /** The viewer's membership including what the event at a position did to it (MSC4115); absent: not told. */
  membershipAt?(position: number): Membership;
}

/**
 * An event as JSON text for one viewer: what all viewers share, made once, and behind it what is the viewer's own.
 * `roomId` is absent where the reply names the room elsewhere, as /sync does.
 * https://spec.matrix.org/v1.19/client-server-api/#definition-clientevent
 */
export function clientEventText(event: TimelineEvent, viewer: EventViewer, roomId?: string): string {
  const room = roomId === undefined ? '' : `,"room_id":${encodeCanonicalString(roomId)}`;
  return `${event.body.clientJson}${room},"unsigned":${unsignedText(event, viewer)}}`;
}

/** Events as a JSON array. */
export function clientEventsText(events: readonly TimelineEvent[], viewer: EventViewer, roomId?: string): string {
  return `[${events.map((event) => clientEventText(event, viewer, roomId)).join(',')}]`;
}

function unsignedText({ body, position, redactedBecause }: TimelineEvent, viewer: EventViewer): string {
  let text = `{"age":${Math.round(viewer.nowMs - body.originServerTs)}`;
  if (viewer.membershipAt) text += `,"membership":"${viewer.membershipAt(position)}"`;
  const { transaction, replaced } = body;
  if (transaction && transaction.deviceId === viewer.deviceId && body.sender === viewer.userId) {
    text += `,"transaction_id":${encodeCanonicalString(transaction.transactionId)}`;
  }
  if (replaced) {
    text += `,"prev_content":${JSON.stringify(replaced.content)}`;
    text += `,"prev_sender":${encodeCanonicalString(replaced.sender)}`;
    text += `,"replaces_state":${encodeCanonicalString(replaced.eventId)}`;
  }
  if (redactedBecause !== undefined) text += `,"redacted_because":${redactedBecause}`;
  return `${text}}`;
}
