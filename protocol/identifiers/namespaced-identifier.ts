const namespacedIdentifierPattern = /^[a-z][a-z0-9._-]{0,254}$/;

/**
 * True for an identifier of the common namespaced grammar (profile fields, room types' keys, query parameters).
 * https://spec.matrix.org/v1.19/appendices/#common-namespaced-identifier-grammar
 */
export function isNamespacedIdentifier(text: string): boolean {
  return namespacedIdentifierPattern.test(text);
}

/** True for an identifier that only the specification may define. */
export function isReservedIdentifier(text: string): boolean {
  return text.startsWith('m.');
}
