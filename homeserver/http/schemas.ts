/** Text that is stored as such: without NUL, which PostgreSQL's text cannot hold. */
export function plainText<const Max extends number>(maxLength: Max) {
  return { type: 'string', maxLength, pattern: '^[^\\u0000]*$' } as const;
}

/** https://spec.matrix.org/v1.19/client-server-api/#relationship-between-access-tokens-and-devices */
export const deviceIdSchema = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[^\\u0000]*$' } as const;

export const deviceDisplayNameSchema = plainText(255);

export const passwordSchema = { type: 'string', maxLength: 4096 } as const;

/** The `auth` member of requests with interactive authentication; each type has members of its own. */
export const authSchema = {
  type: 'object',
  properties: { type: { type: 'string', maxLength: 255 }, session: { type: 'string', maxLength: 255 } },
} as const;
