import { encodeBase64 } from '../crypto/base64.ts';
import type { CryptoPrimitives, SigningKey } from '../crypto/crypto-primitives.ts';
import { encodeCanonicalJson, encodeCanonicalString } from '../json/canonical-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { EventReference, JsonObject, Pdu } from './pdu.ts';
import { redactContent } from './redact-event.ts';
import { eventIdOfHash, hasImpliedRoomId, roomIdOf } from './reference-hash.ts';

/** What a local event is made of. The values must be sound: content has passed `checkCanonicalJson`. */
export interface EventDraft {
  readonly type: string;
  readonly sender: string;
  /** Present exactly for state events. */
  readonly stateKey?: string | undefined;
  /** Left out exactly for the create event of room version 12 and later. */
  readonly roomId?: string | undefined;
  readonly content: JsonObject;
  /** Milliseconds since the epoch. */
  readonly originServerTs: number;
  readonly depth: number;
  readonly prevEvents: readonly EventReference[];
  readonly authEvents: readonly EventReference[];
  /** Room versions 1 to 10, for m.room.redaction; later versions have it in the content. */
  readonly redacts?: string | undefined;
  /** Room versions 1 and 2, where the sender chooses the event id. */
  readonly eventId?: string | undefined;
}

export interface BuiltEvent {
  readonly pdu: Pdu;
  readonly eventId: string;
  readonly roomId: string;
  /** Canonical JSON of the whole event, with hashes and signatures. */
  readonly pduJson: string;
  /** Canonical JSON of the content. */
  readonly contentJson: string;
}

/** The members between those that differ among the hashed, the signed and the whole form, each as canonical JSON. */
interface EncodedParts {
  readonly authEvents: string;
  readonly depthAndEventId: string;
  readonly timeAndPrevEvents: string;
  readonly redacts: string;
  readonly roomAndSender: string;
  readonly stateKeyAndType: string;
}

const encoder = new TextEncoder();

/**
 * Makes a local event: hashed, signed and identified, as `hashAndSignEvent` and `eventIdOf` would, but with the
 * content encoded once and the three forms (hashed, redacted, whole) put together from the same parts.
 * Gives undefined where an event of version 1 or 2 has no event id, or any but version 12's create event no room id.
 * https://spec.matrix.org/v1.19/server-server-api/#signing-events
 */
export function buildEvent(
  given: EventDraft,
  rules: RoomVersionRules,
  key: SigningKey,
  primitives: CryptoPrimitives,
): BuiltEvent | undefined {
  const draft = draftForVersion(given, rules);
  if (rules.eventIds === 'server' && draft.eventId === undefined) return undefined;
  const strictness = { strict: rules.strictCanonicalJson };
  const contentJson = encodeCanonicalJson(draft.content, strictness);
  const parts = encodeParts(draft);
  const hash = encodeBase64(primitives.sha256(encoder.encode(hashedForm(parts, contentJson))));
  const redactedContent = redactContent(draft.type, draft.content, rules);
  const redactedContentJson =
    redactedContent === draft.content ? contentJson : encodeCanonicalJson(redactedContent, strictness);
  // The signature and the event id cover the same bytes.
  const signedBytes = encoder.encode(signedForm(parts, redactedContentJson, hash));
  const signature = encodeBase64(primitives.sign(signedBytes, key.secretKey));
  const eventId = draft.eventId ?? eventIdOfHash(primitives.sha256(signedBytes), rules);
  const pdu = assemblePdu(draft, hash, { [key.name]: { [key.keyId]: signature } });
  const roomId = roomIdOf(pdu, eventId, rules);
  if (roomId === undefined) return undefined;
  return { pdu, eventId, roomId, pduJson: wholeForm(parts, contentJson, hash, signature, key), contentJson };
}

/** The draft without what its room version does not put into an event. */
function draftForVersion(draft: EventDraft, rules: RoomVersionRules): EventDraft {
  return {
    ...draft,
    eventId: rules.eventIds === 'server' ? draft.eventId : undefined,
    redacts: rules.redactsInContent ? undefined : draft.redacts,
    roomId: hasImpliedRoomId(draft.type, draft.stateKey, rules) ? undefined : draft.roomId,
  };
}

function encodeParts(draft: EventDraft): EncodedParts {
  const { stateKey, eventId } = draft;
  return {
    authEvents: encodeReferences(draft.authEvents),
    depthAndEventId: `,"depth":${draft.depth}${encodeMember('event_id', eventId)}`,
    timeAndPrevEvents: `,"origin_server_ts":${draft.originServerTs},"prev_events":${encodeReferences(draft.prevEvents)}`,
    redacts: encodeMember('redacts', draft.redacts),
    roomAndSender: `${encodeMember('room_id', draft.roomId)},"sender":${encodeCanonicalString(draft.sender)}`,
    stateKeyAndType: `${encodeMember('state_key', stateKey)},"type":${encodeCanonicalString(draft.type)}}`,
  };
}

function encodeReferences(references: readonly EventReference[]): string {
  return encodeCanonicalJson(references as EventReference[]);
}

function encodeMember(key: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${key}":${encodeCanonicalString(value)}`;
}

function hashedForm(parts: EncodedParts, contentJson: string): string {
  return (
    `{"auth_events":${parts.authEvents},"content":${contentJson}${parts.depthAndEventId}` +
    `${parts.timeAndPrevEvents}${parts.redacts}${parts.roomAndSender}${parts.stateKeyAndType}`
  );
}

function signedForm(parts: EncodedParts, redactedContentJson: string, hash: string): string {
  return (
    `{"auth_events":${parts.authEvents},"content":${redactedContentJson}${parts.depthAndEventId}` +
    `,"hashes":{"sha256":"${hash}"}${parts.timeAndPrevEvents}${parts.roomAndSender}${parts.stateKeyAndType}`
  );
}

function wholeForm(parts: EncodedParts, contentJson: string, hash: string, signature: string, key: SigningKey): string {
  const signatures = `{${encodeCanonicalString(key.name)}:{${encodeCanonicalString(key.keyId)}:"${signature}"}}`;
  return (
    `{"auth_events":${parts.authEvents},"content":${contentJson}${parts.depthAndEventId}` +
    `,"hashes":{"sha256":"${hash}"}${parts.timeAndPrevEvents}${parts.redacts}${parts.roomAndSender}` +
    `,"signatures":${signatures}${parts.stateKeyAndType}`
  );
}

function assemblePdu(draft: EventDraft, hash: string, signatures: Record<string, Record<string, string>>): Pdu {
  const pdu: Pdu = {
    auth_events: [...draft.authEvents],
    content: draft.content,
    depth: draft.depth,
    hashes: { sha256: hash },
    origin_server_ts: draft.originServerTs,
    prev_events: [...draft.prevEvents],
    sender: draft.sender,
    signatures,
    type: draft.type,
  };
  if (draft.eventId !== undefined) pdu.event_id = draft.eventId;
  if (draft.redacts !== undefined) pdu.redacts = draft.redacts;
  if (draft.roomId !== undefined) pdu.room_id = draft.roomId;
  if (draft.stateKey !== undefined) pdu.state_key = draft.stateKey;
  return pdu;
}
