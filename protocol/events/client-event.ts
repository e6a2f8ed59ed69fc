import { encodeCanonicalString } from '../json/canonical-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { JsonObject, JsonValue, Pdu } from './pdu.ts';

/** What of an event clients are shown, with the content already as JSON text. */
export interface ClientEvent {
  readonly eventId: string;
  readonly type: string;
  readonly sender: string;
  /** Present exactly for state events. */
  readonly stateKey?: string | undefined;
  /** Milliseconds since the epoch, as its sender claims. */
  readonly originServerTs: number;
  /** A JSON object, in which redactions of every room version carry `redacts`. */
  readonly contentJson: string;
  /** For redactions: the event that is redacted, which older clients look for outside of the content. */
  readonly redacts?: string | undefined;
}

export interface ClientEventOptions {
  /** Left out where the reply names the room elsewhere, as /sync does. */
  readonly roomId?: string | undefined;
  /** A JSON object. */
  readonly unsignedJson?: string | undefined;
}

/**
 * What clients are shown of an event. The content's text can be given where it is known already.
 * `redacts` is shown in both of its places, whichever of them the room version uses.
 * https://spec.matrix.org/v1.19/rooms/v11/#moving-the-redacts-property-of-mroomredaction-events-to-a-content-property
 */
export function clientEventOf(
  event: Pdu,
  eventId: string,
  rules: RoomVersionRules,
  contentJson = JSON.stringify(event.content),
): ClientEvent {
  const { type, sender, state_key: stateKey, origin_server_ts: originServerTs } = event;
  const redacts = type === 'm.room.redaction' ? redactedEventIdOf(event, rules) : undefined;
  const shown = { eventId, type, sender, stateKey, originServerTs };
  if (redacts === undefined) return { ...shown, contentJson };
  if (rules.redactsInContent) return { ...shown, contentJson, redacts };
  return { ...shown, contentJson: JSON.stringify({ ...event.content, redacts }), redacts };
}

/** The id of the event that a redaction names, wherever its room version puts it; undefined where it names none. */
export function redactedEventIdOf(redaction: Pdu, rules: RoomVersionRules): string | undefined {
  const redacts: JsonValue | undefined = rules.redactsInContent ? redaction.content['redacts'] : redaction.redacts;
  return typeof redacts === 'string' ? redacts : undefined;
}

/**
 * An event as the client-server API gives it, as JSON text. `unsigned` comes last, so that `addUnsigned` can add what
 * only one reader may see.
 * https://spec.matrix.org/v1.19/client-server-api/#room-event-format
 */
export function clientEventJson(event: ClientEvent, options: ClientEventOptions = {}): string {
  const { eventId, type, sender, stateKey, originServerTs, contentJson, redacts } = event;
  let json = `{"content":${contentJson},"event_id":${encodeCanonicalString(eventId)}`;
  json += `,"origin_server_ts":${originServerTs}`;
  if (redacts !== undefined) json += `,"redacts":${encodeCanonicalString(redacts)}`;
  if (options.roomId !== undefined) json += `,"room_id":${encodeCanonicalString(options.roomId)}`;
  json += `,"sender":${encodeCanonicalString(sender)}`;
  if (stateKey !== undefined) json += `,"state_key":${encodeCanonicalString(stateKey)}`;
  json += `,"type":${encodeCanonicalString(type)}`;
  if (options.unsignedJson !== undefined) json += `,"unsigned":${options.unsignedJson}`;
  return `${json}}`;
}

/** A client event that was made without `unsigned`, with it. Both are JSON objects as text. */
export function addUnsigned(clientEvent: string, unsignedJson: string): string {
  return `${clientEvent.slice(0, -1)},"unsigned":${unsignedJson}}`;
}

/**
 * A state event as those see it who are not in the room yet. The create event keeps its time (MSC4311).
 * https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 */
export function stripStateEvent(event: Pdu): JsonObject {
  const { content, sender, state_key: stateKey = '', type, origin_server_ts: time } = event;
  const keepsTime = type === 'm.room.create' && typeof time === 'number';
  return { content, sender, state_key: stateKey, type, ...(keepsTime && { origin_server_ts: time }) };
}
