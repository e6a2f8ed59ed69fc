import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

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

/**
 * The content of the member event: the reason, and whatever else a client sends along, which clients have come to
 * rely on. What the server itself says of a join (its membership, on whose authority) is not the client's to say.
 */
export function joinContent(body: object): JsonObject {
  const { third_party_signed: _signed, join_authorised_via_users_server: _authoriser, ...content } = body as JsonObject;
  return content;
}
