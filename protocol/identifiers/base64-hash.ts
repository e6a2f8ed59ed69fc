const hashPattern = /^[0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]$/;
const urlSafeHashPattern = /^[0-9A-Za-z_-]{42}[AEIMQUYcgkosw048]$/;

/** True for 32 bytes in unpadded standard base64. The last character carries four bits, so only 16 characters fit. */
export function isBase64Hash(text: string): boolean {
  return hashPattern.test(text);
}

/** True for 32 bytes in unpadded URL-safe base64. */
export function isUrlSafeBase64Hash(text: string): boolean {
  return urlSafeHashPattern.test(text);
}
