import { isStorableText, isWithinIdentifierLimit } from './identifier-text.ts';

const opaqueIdPattern = /^[0-9A-Za-z._~-]{1,255}$/;
const sessionIdPattern = /^[0-9A-Za-z.=_-]{1,255}$/;

/**
 * True for an identifier of the opaque identifier grammar (call ids, terms policies, identity providers).
 * https://spec.matrix.org/v1.19/appendices/#opaque-identifiers
 */
export function isOpaqueId(text: string): boolean {
  return opaqueIdPattern.test(text);
}

/**
 * True for the session id or client secret of a third-party identifier's validation.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3registeremailrequesttoken
 */
export function isSessionId(text: string): boolean {
  return sessionIdPattern.test(text);
}

/**
 * True for a device id. The specification gives no grammar and lets clients choose the id, so anything printable-safe
 * goes: 1 to 255 bytes without NUL and lone surrogates.
 */
export function isDeviceId(text: string): boolean {
  return isFreeOpaqueId(text);
}

/** True for a transaction id that a client or server chose: 1 to 255 bytes without NUL and lone surrogates. */
export function isTransactionId(text: string): boolean {
  return isFreeOpaqueId(text);
}

function isFreeOpaqueId(text: string): boolean {
  return text.length > 0 && isWithinIdentifierLimit(text) && isStorableText(text);
}
