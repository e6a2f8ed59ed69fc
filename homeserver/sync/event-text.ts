import { type Filter } from '@holdfast/protocol/filters/parse-filter.ts';
import { projectEventFields } from '@holdfast/protocol/filters/project-event-fields.ts';
import { unsignedText } from '../rooms/client-event-text.ts';
import type { TimelineEvent } from '../storage/sync/timeline-event.ts';

/** Who is shown an event. */
export interface EventReader {
  readonly userId: string;
  readonly deviceId: string;
  /** Wall clock, for `age`. */
  readonly nowMs: number;
  readonly filter: Pick<Filter, 'eventFields' | 'eventFormat'>;
}

/**
 * An event as one reader is shown it, as JSON without `room_id`. `membership` is the reader's at the time of the event,
 * undefined where it is not known (MSC4115).
 * https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export function eventText(event: TimelineEvent, reader: EventReader, membership: string | undefined): string {
  const unsigned = unsignedText(event, reader, membership);
  const { eventFields, eventFormat } = reader.filter;
  if (eventFormat === 'federation' && event.pdu) {
    const pdu = JSON.stringify(projectEventFields(eventFields, event.pdu));
    return eventFields ? pdu : `${pdu.slice(0, -1)},"unsigned":${unsigned}}`;
  }
  const text = `${event.body.clientJson},"unsigned":${unsigned}}`;
  return eventFields ? JSON.stringify(projectEventFields(eventFields, JSON.parse(text) as object)) : text;
}

/** Whether the reader is told something of the event that others are not. */
export function isOwnTransaction({ body }: TimelineEvent, reader: EventReader): boolean {
  return body.transaction?.deviceId === reader.deviceId && body.sender === reader.userId;
}
