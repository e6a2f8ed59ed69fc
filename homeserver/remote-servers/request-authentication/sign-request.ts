import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { encodeCanonicalString } from '@holdfast/protocol/json/canonical-json.ts';
import type { SigningKey } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';

/** What of a request is signed. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly uri: string;
  readonly origin: string;
  /** Undefined only where an old server left it out. */
  readonly destination: string | undefined;
  /** Canonical JSON of the body; undefined without a body. */
  readonly contentJson: string | undefined;
}

const encoder = new TextEncoder();

/**
 * The bytes that the signature of a request covers, put together without encoding the body a second time.
 * https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 */
export function signedRequestBytes({ method, uri, origin, destination, contentJson }: SignedRequest): Uint8Array {
  const members = [
    contentJson !== undefined && `"content":${contentJson}`,
    destination !== undefined && `"destination":${encodeCanonicalString(destination)}`,
    `"method":${encodeCanonicalString(method)}`,
    `"origin":${encodeCanonicalString(origin)}`,
    `"uri":${encodeCanonicalString(uri)}`,
  ];
  return encoder.encode(`{${members.filter((member) => member !== false).join(',')}}`);
}

/** The value of the Authorization header. */
export function signRequest(request: SignedRequest, key: SigningKey): string {
  const signature = cryptoPrimitives.sign(signedRequestBytes(request), key.secretKey);
  const { origin, destination } = request;
  const parameters = { origin, destination, key: key.keyId, sig: encodeBase64(signature) };
  const written = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `X-Matrix ${written.map(([name, value]) => `${name}="${value}"`).join(',')}`;
}
