/** The room versions that the asking server supports. */
export const versionsQuery = {
  type: 'object',
  properties: { ver: { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 255 } } },
} as const;
