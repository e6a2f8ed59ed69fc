import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { createRoom as makeRoom } from '../../../rooms/create-room.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Creates a room.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export const createRoom = defineEndpoint({
  operation: 'createRoom',
  method: 'POST',
  path: '/_matrix/client/v3/createRoom',
  authentication: 'user',
  rateLimit: 'createRoom',
  suspendedMayNotCall: true,
  body: {
    type: 'object',
    properties: {
      visibility: { type: 'string', enum: ['public', 'private'] },
      name: { type: 'string' },
      topic: { type: 'string' },
      invite: { type: 'array', maxItems: 1_000, items: { type: 'string' } },
      room_version: { type: 'string' },
      creation_content: { type: 'object' },
      initial_state: {
        type: 'array',
        maxItems: 1_000,
        items: {
          type: 'object',
          properties: { type: { type: 'string' }, state_key: { type: 'string' }, content: { type: 'object' } },
          required: ['type', 'content'],
        },
      },
      preset: { type: 'string', enum: ['private_chat', 'public_chat', 'trusted_private_chat'] },
      is_direct: { type: 'boolean' },
      power_level_content_override: { type: 'object' },
    },
  },
  async handle(context, { requester, body }) {
    const visibility = body.visibility ?? 'private';
    const { roomId } = await makeRoom(context, body.room_version ?? context.config.room.defaultVersion, {
      creator: requester.userId,
      creatorProfile: {},
      preset: body.preset ?? (visibility === 'public' ? 'public_chat' : 'private_chat'),
      creationContent: body.creation_content ?? {},
      powerLevelOverride: body.power_level_content_override ?? {},
      initialState: (body.initial_state ?? []).map(({ type, state_key, content }) => ({
        type,
        stateKey: state_key ?? '',
        content: content as JsonObject,
      })),
      name: body.name,
      topic: body.topic,
      invite: body.invite ?? [],
      inviteProfiles: {},
      isDirect: body.is_direct ?? false,
      originServerTs: context.clock.wallMs(),
    });
    return { room_id: roomId };
  },
});
