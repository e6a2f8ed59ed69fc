import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';

/** For so long others need not ask again. */
const validityMs = 24 * 3_600_000;

/**
 * Our own keys as we publish them, signed.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2server
 */
export function publishKeys({ serverName, signingKey, clock }: Context): JsonObject {
  const published = {
    server_name: serverName,
    verify_keys: { [signingKey.keyId]: { key: encodeBase64(signingKey.publicKey) } },
    old_verify_keys: {},
    valid_until_ts: clock.wallMs() + validityMs,
  };
  return signJson(published, { name: serverName, ...signingKey }, cryptoPrimitives);
}
