/**
 * The outcome of a check of an event. `reason` is a sentence for logs and for `M_FORBIDDEN` replies; no code may
 * depend on its words.
 */
export type AuthorizationVerdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** The verdict that allows an event; one object, so that authorising a message allocates nothing for it. */
export const allowed: AuthorizationVerdict = Object.freeze({ allowed: true });

export function reject(reason: string): AuthorizationVerdict {
  return { allowed: false, reason };
}
