/** Unpadded standard base64. https://spec.matrix.org/v1.19/appendices/#unpadded-base64 */
export function encodeBase64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}

/** Unpadded URL-safe base64. https://spec.matrix.org/v1.19/appendices/#url-safe-unpadded-base64 */
export function encodeUrlSafeBase64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true, alphabet: 'base64url' });
}

/** The bytes of standard base64 with or without padding, or undefined for anything else. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return decode(text, 'base64');
}

/** The bytes of URL-safe base64 with or without padding, or undefined for anything else. */
export function decodeUrlSafeBase64(text: string): Uint8Array | undefined {
  return decode(text, 'base64url');
}

function decode(text: string, alphabet: 'base64' | 'base64url'): Uint8Array | undefined {
  // The platform's decoder would skip white space.
  if (/\s/.test(text)) return undefined;
  try {
    return Uint8Array.fromBase64(text, { alphabet, lastChunkHandling: 'loose' });
  } catch {
    return undefined;
  }
}
