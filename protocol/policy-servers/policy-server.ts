import { decodeBase64 } from '../crypto/base64.ts';
import type { CryptoPrimitives } from '../crypto/crypto-primitives.ts';
import { verifySignedBytes } from '../crypto/verify-json.ts';
import type { JsonObject, Pdu } from '../events/pdu.ts';
import { signedEventBytes } from '../events/reference-hash.ts';
import { isJsonObject } from '../json/parse-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';

export const policyType = 'm.room.policy';
/** The id of the key by which every policy server signs. */
export const policyKeyId = 'ed25519:policy_server';

/** Who has to recommend a room's events. */
export interface PolicyServer {
  readonly server: string;
  /** Undefined where the room gives something that is no key: then nothing is recommended. */
  readonly publicKey: Uint8Array | undefined;
}

/**
 * The policy server that the content of a room's m.room.policy event with an empty state key names. Undefined where it
 * is not valid. The server counts only while it has a joined user in the room, which the caller has to know.
 * https://spec.matrix.org/v1.19/server-server-api/#determining-if-a-policy-server-is-enabled-in-a-room
 */
export function parsePolicyServer(content: JsonObject | undefined): PolicyServer | undefined {
  const server = content?.['via'];
  const keys = content?.['public_keys'];
  if (typeof server !== 'string' || !isJsonObject(keys)) return undefined;
  const key = keys['ed25519'];
  return typeof key === 'string' ? { server, publicKey: decodeBase64(key) } : undefined;
}

/**
 * Whether an event needs the policy server's signature: all do but the one that names the policy server.
 * https://spec.matrix.org/v1.19/server-server-api/#validating-policy-server-signatures
 */
export function needsPolicySignature({ type, state_key: stateKey }: Pick<Pdu, 'type' | 'state_key'>): boolean {
  return type !== policyType || stateKey !== '';
}

/** Whether a policy server recommends an event: its signature, by the key that the room gives, is on it. */
export function isPolicySigned(
  event: Pdu,
  rules: RoomVersionRules,
  { server, publicKey }: PolicyServer,
  primitives: CryptoPrimitives,
): boolean {
  if (publicKey?.length !== 32) return false;
  const findKey = (keyId: string) => (keyId === policyKeyId ? publicKey : undefined);
  const bytes = signedEventBytes(event, rules);
  return verifySignedBytes(bytes, event.signatures, server, findKey, primitives) === undefined;
}

/**
 * A copy of an event with the signature that a policy server answered with; undefined where the answer has none. What
 * else is in the answer is left out, and signatures that the event has stay.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixpolicyv1sign
 */
export function withPolicySignature(event: Pdu, server: string, answer: JsonObject): Pdu | undefined {
  const ofServer = Object.hasOwn(answer, server) ? answer[server] : undefined;
  const signature = isJsonObject(ofServer) ? ofServer[policyKeyId] : undefined;
  if (typeof signature !== 'string') return undefined;
  const others = Object.hasOwn(event.signatures ?? {}, server) ? event.signatures?.[server] : undefined;
  return { ...event, signatures: { ...event.signatures, [server]: { ...others, [policyKeyId]: signature } } };
}
