/** Event ids in requests of servers: in old room versions up to 255 bytes of anything. */
export const eventIdSchema = { type: 'string', minLength: 1, maxLength: 255 } as const;

export function eventIdsSchema<const Max extends number>(maxItems: Max) {
  return { type: 'array', maxItems, items: eventIdSchema } as const;
}
