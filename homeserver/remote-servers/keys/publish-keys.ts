import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { ownKeysOf } from './own-keys.ts';

/** For so long others need not ask again. */
const validityMs = 24 * 3_600_000;

/**
 * Our own keys as we publish them, signed with each that is in use.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixkeyv2server
 */
export function publishKeys(context: Context): JsonObject {
  const { serverName, clock } = context;
  const keys = ownKeysOf.of(context);
  const usable = keys.usable();
  const published: JsonObject = {
    server_name: serverName,
    verify_keys: Object.fromEntries(usable.map(({ keyId, publicKey }) => [keyId, { key: encodeBase64(publicKey) }])),
    old_verify_keys: Object.fromEntries(
      keys.old().map((old) => [old.keyId, { key: encodeBase64(old.publicKey), expired_ts: old.expiredTs }]),
    ),
    valid_until_ts: clock.wallMs() + validityMs,
  };
  return usable.reduce((signed, key) => signJson(signed, { name: serverName, ...key }, cryptoPrimitives), published);
}
