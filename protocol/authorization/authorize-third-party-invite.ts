import { decodeBase64, decodeUrlSafeBase64 } from '../crypto/base64.ts';
import { signedBytes } from '../crypto/sign-json.ts';
import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { membershipOf } from './auth-state.ts';
import { type AuthorizationVerdict, allowed, reject } from './authorization-verdict.ts';
import type { EventAuthority, VerifySignature } from './event-authority.ts';
import { objectProperty } from './select-auth-events.ts';

/**
 * An event has room for some hundred keys or signatures, and each key may have made each signature. Identity servers
 * use two keys and one signature; beyond these bounds an invite is rejected rather than tried for seconds.
 */
const maximumKeys = 16;
const maximumSignatures = 8;

/**
 * The rule for an invite that redeems an m.room.third_party_invite: the identity server that was named there signed
 * that the token belongs to the target.
 * https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules (rule 5.4.1)
 */
export function authorizeThirdPartyInvite(authority: EventAuthority, target: string): AuthorizationVerdict {
  const { event, state, sender, verifySignature } = authority;
  if (membershipOf(state, target) === 'ban') return reject(`${target} is banned`);
  const signed = objectProperty(objectProperty(event.pdu.content, 'third_party_invite'), 'signed');
  if (signed === undefined) return reject('The third-party invite is not signed');
  const { mxid, token } = signed;
  if (typeof mxid !== 'string' || typeof token !== 'string') return reject('The signed invite has no mxid or token');
  if (mxid !== target) return reject('The signed invite is for another user');
  const invite = state.get('m.room.third_party_invite', token);
  if (invite === undefined) return reject('There is no third-party invite with that token');
  if (invite.pdu.sender !== sender) return reject('The third-party invite was sent by another user');
  const publicKeys = publicKeysOf(invite.pdu.content);
  const signatures = ed25519Signatures(signed);
  if (publicKeys.length > maximumKeys || signatures.length > maximumSignatures) {
    return reject('The third-party invite has too many keys or signatures');
  }
  const isSigned = isSignedByAny(signed, signatures, publicKeys, verifySignature);
  return isSigned ? allowed : reject('No key of the third-party invite has signed this');
}

/** `public_key`, and the `public_key` of each entry of `public_keys`. */
function publicKeysOf(content: JsonObject): Uint8Array[] {
  const listed = Array.isArray(content['public_keys']) ? content['public_keys'] : [];
  const texts = [content['public_key'], ...listed.map((entry) => objectProperty({ entry }, 'entry')?.['public_key'])];
  return texts.map(decodeAnyBase64).filter((key) => key !== undefined);
}

function isSignedByAny(
  signed: JsonObject,
  signatures: Uint8Array[],
  publicKeys: Uint8Array[],
  verifySignature: VerifySignature,
): boolean {
  if (signatures.length === 0 || publicKeys.length === 0) return false;
  const message = signedBytes(signed, { strict: false });
  return signatures.some((signature) => publicKeys.some((key) => verifySignature(message, signature, key)));
}

function ed25519Signatures(signed: JsonObject): Uint8Array[] {
  const signatures: Uint8Array[] = [];
  for (const byServer of Object.values(objectProperty(signed, 'signatures') ?? {})) {
    for (const [keyId, text] of Object.entries(objectProperty({ byServer }, 'byServer') ?? {})) {
      const signature = keyId.startsWith('ed25519:') ? decodeAnyBase64(text) : undefined;
      if (signature !== undefined) signatures.push(signature);
    }
  }
  return signatures;
}

/** Identity servers write keys in either alphabet of base64, with or without padding. */
function decodeAnyBase64(text: JsonValue | undefined): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  return /[-_]/.test(text) ? decodeUrlSafeBase64(text) : decodeBase64(text);
}
