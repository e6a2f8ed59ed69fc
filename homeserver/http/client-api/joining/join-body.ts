/** What a join may bring. `via` and the older `server_name` name servers that are in the room. */
export const joinBody = {
  type: 'object',
  properties: {
    reason: { type: 'string' },
    third_party_signed: {
      type: 'object',
      properties: {
        sender: { type: 'string' },
        mxid: { type: 'string' },
        token: { type: 'string' },
        signatures: { type: 'object' },
      },
      required: ['sender', 'mxid', 'token', 'signatures'],
    },
  },
} as const;

export const viaQuery = {
  type: 'object',
  properties: {
    via: { type: 'array', maxItems: 100, items: { type: 'string' } },
    server_name: { type: 'array', maxItems: 100, items: { type: 'string' } },
  },
} as const;
