import { encodeCanonicalString } from '@holdfast/protocol/json/canonical-json.ts';
import type { Membership } from '../storage/rooms/membership-codes.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';

/** Who gets to see an event, and when. */
export interface EventViewer {
  readonly userId: string;
  readonly deviceId: string;
  /** Wall clock, for `age`. */
  readonly nowMs: number;
}

/** The viewer's membership including what the event at a position did to it (MSC4115). */
export type MembershipAt = (position: number) => Membership | undefined;

/**
 * An event as JSON text for one viewer. What all viewers share was made once; behind
 * it comes what is the viewer's own.
 * https://spec.matrix.org/v1.19/client-server-api/#definition-clientevent
 */
export function clientEventText(
  event: TimelineEvent,
  viewer: EventViewer,
  roomId: string,
  membershipAt?: MembershipAt,
): string {
  const unsigned = unsignedText(event, viewer, membershipAt?.(event.position));
  return `${event.body.clientJson},"room_id":${encodeCanonicalString(roomId)},"unsigned":${unsigned}}`;
}

/** Events of one room as a JSON array. */
export function clientEventsText(
  events: readonly TimelineEvent[],
  viewer: EventViewer,
  roomId: string,
  membershipAt?: MembershipAt,
): string {
  return `[${events.map((event) => clientEventText(event, viewer, roomId, membershipAt)).join(',')}]`;
}

/** `unsigned` of an event for one viewer; `membership` is left out where it is not known. */
export function unsignedText(
  { body, redactedBecause, relations }: TimelineEvent,
  viewer: EventViewer,
  membership: string | undefined,
): string {
  const { transaction, replaced } = body;
  let text = `{"age":${viewer.nowMs - body.originServerTs}`;
  if (membership !== undefined) text += `,"membership":${encodeCanonicalString(membership)}`;
  if (replaced) {
    text += `,"prev_content":${JSON.stringify(replaced.content)}`;
    text += `,"replaces_state":${encodeCanonicalString(replaced.eventId)}`;
    // In no specification, and yet how clients tell who invited somebody that has joined since.
    text += `,"prev_sender":${encodeCanonicalString(replaced.sender)}`;
  }
  if (redactedBecause !== undefined) text += `,"redacted_because":${redactedBecause}`;
  if (relations !== undefined) text += `,"m.relations":${relations}`;
  if (transaction && transaction.deviceId === viewer.deviceId && body.sender === viewer.userId) {
    text += `,"transaction_id":${encodeCanonicalString(transaction.transactionId)}`;
  }
  return `${text}}`;
}
