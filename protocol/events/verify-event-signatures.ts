import type { CryptoPrimitives } from '../crypto/crypto-primitives.ts';
import { type SignatureProblem, verifySignedBytes } from '../crypto/verify-json.ts';
import { parseEventId } from '../identifiers/event-id.ts';
import { parseUserId } from '../identifiers/user-id.ts';
import { isJsonObject } from '../json/parse-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { Pdu } from './pdu.ts';
import { signedEventBytes } from './reference-hash.ts';

/** A server that must have signed an event, and as what. */
export interface RequiredSignature {
  readonly serverName: string;
  readonly as: 'sender' | 'event-id' | 'authorising-user';
}

/** A server's key as it is published. Times are in milliseconds since the epoch. */
export interface VerifyKey {
  readonly publicKey: Uint8Array;
  /**
   * The end of the key's validity: for a current key `valid_until_ts`, but at most seven days after it was fetched
   * (the caller caps it); undefined for an old key.
   */
  readonly validUntilTs?: number;
  /** For a key under `old_verify_keys`: when its server stopped using it. */
  readonly expiredTs?: number;
}

export type FindVerifyKey = (serverName: string, keyId: string) => VerifyKey | undefined;

export interface EventSignatureProblem extends SignatureProblem {
  /**
   * What the missing server should have signed as. An event is dropped, but one that lacks only the signature of an
   * authorising user's server is rejected by the authorisation rules.
   */
  readonly as: RequiredSignature['as'];
}

/**
 * The servers that must have signed an event, each once. An event whose ids do not parse needs a format check first;
 * here they are passed over.
 * https://spec.matrix.org/v1.19/server-server-api/#validating-hashes-and-signatures-on-received-events
 */
export function requiredSignatures(event: Pdu, rules: RoomVersionRules): RequiredSignature[] {
  const required = new Map<string, RequiredSignature>();
  const add = (serverName: string | undefined, as: RequiredSignature['as']) => {
    if (serverName !== undefined && !required.has(serverName)) required.set(serverName, { serverName, as });
  };
  if (!isThirdPartyInvite(event)) add(parseUserId(event.sender)?.serverName, 'sender');
  if (rules.eventIds === 'server') add(serverOfEventId(event.event_id), 'event-id');
  if (rules.restrictedJoins && event.type === 'm.room.member') {
    const authorisingUser = event.content['join_authorised_via_users_server'];
    if (typeof authorisingUser === 'string') add(parseUserId(authorisingUser)?.serverName, 'authorising-user');
  }
  return [...required.values()];
}

/**
 * Checks that every server that must have signed an event did, with keys that counted when it was made.
 * Gives undefined when they did, else the first problem. The event must have passed `checkEventFormat`.
 */
export function verifyEventSignatures(
  event: Pdu,
  rules: RoomVersionRules,
  findKey: FindVerifyKey,
  primitives: CryptoPrimitives,
): EventSignatureProblem | undefined {
  return verifySignaturesOver(signedEventBytes(event, rules), event, rules, findKey, primitives);
}

/** Like `verifyEventSignatures`, for an event whose `signedEventBytes` are at hand. */
export function verifySignaturesOver(
  bytes: Uint8Array,
  event: Pdu,
  rules: RoomVersionRules,
  findKey: FindVerifyKey,
  primitives: CryptoPrimitives,
): EventSignatureProblem | undefined {
  for (const { serverName, as } of requiredSignatures(event, rules)) {
    const findPublicKey = (keyId: string) => {
      const key = findKey(serverName, keyId);
      return key && mayHaveSigned(key, event.origin_server_ts, rules) ? key.publicKey : undefined;
    };
    const problem = verifySignedBytes(bytes, event.signatures, serverName, findPublicKey, primitives);
    if (problem !== undefined) return { ...problem, as };
  }
  return undefined;
}

/**
 * True when a key counts for an event of a time. Room versions before 5 look only at old keys' expiry.
 * https://spec.matrix.org/v1.19/rooms/v5/#signing-key-validity-period
 */
export function mayHaveSigned(key: VerifyKey, originServerTs: number, rules: RoomVersionRules): boolean {
  if (key.expiredTs !== undefined) return originServerTs <= key.expiredTs;
  return !rules.enforceKeyValidity || (key.validUntilTs !== undefined && originServerTs <= key.validUntilTs);
}

/** An invite made from a third-party invite may be sent by another server than its sender's. */
function isThirdPartyInvite(event: Pdu): boolean {
  const { type, content } = event;
  return type === 'm.room.member' && content['membership'] === 'invite' && isJsonObject(content['third_party_invite']);
}

function serverOfEventId(eventId: string | undefined): string | undefined {
  const parsed = eventId === undefined ? undefined : parseEventId(eventId);
  return parsed?.format === 'server' ? parsed.serverName : undefined;
}
