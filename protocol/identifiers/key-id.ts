import { isStorableText, isWithinIdentifierLimit } from './identifier-text.ts';

export interface KeyId {
  readonly algorithm: string;
  readonly identifier: string;
}

const algorithmPattern = /^[0-9A-Za-z._-]+$/;
const signingKeyVersionPattern = /^[0-9A-Za-z_]+$/;

/**
 * The parts of `algorithm:identifier` (device keys, one-time keys, cross-signing keys, server keys), or undefined.
 * The identifier may itself hold colons, since it can be a device id.
 */
export function parseKeyId(text: string): KeyId | undefined {
  if (!isWithinIdentifierLimit(text) || !isStorableText(text)) return undefined;
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, colon);
  const identifier = text.slice(colon + 1);
  if (colon === -1 || identifier === '' || !algorithmPattern.test(algorithm)) return undefined;
  return { algorithm, identifier };
}

export function isKeyId(text: string): boolean {
  return parseKeyId(text) !== undefined;
}

/**
 * True for the id of a key that servers sign with: `ed25519:version`, the version of `[a-zA-Z0-9_]`.
 * https://spec.matrix.org/v1.19/server-server-api/#publishing-keys
 */
export function isServerSigningKeyId(text: string): boolean {
  const parsed = parseKeyId(text);
  return parsed?.algorithm === 'ed25519' && signingKeyVersionPattern.test(parsed.identifier);
}
