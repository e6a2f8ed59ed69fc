import { decodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { verifyJson } from '@holdfast/protocol/crypto/verify-json.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { isServerSigningKeyId } from '@holdfast/protocol/identifiers/key-id.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';

/** What a server published about its keys. */
export interface ServerKeys {
  readonly serverName: string;
  /** As published; milliseconds since the epoch. */
  readonly validUntilTs: number;
  /** By key id; `validUntilTs` of current ones is at most seven days away. */
  readonly keys: ReadonlyMap<string, VerifyKey>;
}

export type ParsedServerKeys =
  | { readonly published: ServerKeys; readonly problem?: undefined }
  | { readonly published?: undefined; readonly problem: string };

const mostKeys = 100;
const publicKeyBytes = 32;
/** Nobody can publish a key that could not be taken back for longer. */
const longestValidityMs = 7 * 24 * 3_600_000;

/**
 * Reads and checks the answer of `GET /_matrix/key/v2/server`, or one that a notary passed on: it must be of the server
 * and signed with one of its own current keys. Keys of other algorithms are passed over.
 * https://spec.matrix.org/v1.19/server-server-api/#publishing-keys
 */
export function parseServerKeys(answer: JsonObject, serverName: string, wallMs: number): ParsedServerKeys {
  const refuse = (problem: string) => ({ problem: `its keys are not sound: ${problem}` });
  if (answer['server_name'] !== serverName) return refuse('they are those of another server');
  const validUntilTs = answer['valid_until_ts'];
  if (typeof validUntilTs !== 'number' || !Number.isSafeInteger(validUntilTs)) return refuse('valid_until_ts');
  const cappedTs = Math.min(validUntilTs, wallMs + longestValidityMs);
  const keys = new Map<string, VerifyKey>();
  for (const [keyId, publicKey, entry] of listKeys(answer['old_verify_keys'])) {
    const expiredTs = entry['expired_ts'];
    if (typeof expiredTs === 'number' && Number.isSafeInteger(expiredTs)) keys.set(keyId, { publicKey, expiredTs });
  }
  const current = listKeys(answer['verify_keys']);
  for (const [keyId, publicKey] of current) keys.set(keyId, { publicKey, validUntilTs: cappedTs });
  if (current.length === 0) return refuse('there is no current one');
  if (keys.size > mostKeys) return refuse(`there are more than ${mostKeys}`);
  const own = new Map(current.map(([keyId, publicKey]) => [keyId, publicKey]));
  const problem = verifyJson(answer, serverName, (keyId) => own.get(keyId), cryptoPrimitives);
  return problem ? refuse(problem.message) : { published: { serverName, validUntilTs, keys } };
}

function listKeys(member: JsonValue | undefined): [keyId: string, publicKey: Uint8Array, entry: JsonObject][] {
  if (!isJsonObject(member)) return [];
  return Object.entries(member).flatMap(([keyId, entry]) => {
    if (!isServerSigningKeyId(keyId) || !isJsonObject(entry) || typeof entry['key'] !== 'string') return [];
    const publicKey = decodeBase64(entry['key']);
    return publicKey?.length === publicKeyBytes ? [[keyId, publicKey, entry]] : [];
  });
}
