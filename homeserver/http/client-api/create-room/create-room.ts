import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { carryOverRoomSettings } from '../../../accounts/carry-over-room-settings.ts';
import { createRoom as makeRoom } from '../../../rooms/create-room.ts';
import { askForUser } from '../../ask-appservices.ts';
import { checkNobodysAlias } from '../../check-namespaces.ts';
import { defineEndpoint } from '../../endpoint.ts';

const maxInvites = 1_000;
const maxInitialState = 1_000;

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
      room_alias_name: { type: 'string' },
      name: { type: 'string' },
      topic: { type: 'string' },
      invite: { type: 'array', maxItems: maxInvites, items: { type: 'string' } },
      invite_3pid: { type: 'array', items: { type: 'object' } },
      room_version: { type: 'string' },
      creation_content: { type: 'object' },
      initial_state: {
        type: 'array',
        maxItems: maxInitialState,
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
    if (body.invite_3pid?.length) {
      throw new MatrixError('M_SERVER_NOT_TRUSTED', 'This server works with no identity server: invite by user id');
    }
    const { visibility = 'private', room_alias_name: aliasName } = body;
    const canonicalAlias = aliasName === undefined ? undefined : `#${aliasName}:${context.serverName}`;
    if (canonicalAlias !== undefined) checkNobodysAlias(context, canonicalAlias, requester.applicationService);
    for (const userId of body.invite ?? []) await askForUser(context, userId);
    const { roomId } = await makeRoom(context, body.room_version ?? context.config.room.defaultVersion, {
      creator: requester.userId,
      preset: body.preset ?? (visibility === 'public' ? 'public_chat' : 'private_chat'),
      creationContent: body.creation_content ?? {},
      powerLevelOverride: body.power_level_content_override ?? {},
      initialState: (body.initial_state ?? []).map(({ type, state_key: stateKey = '', content }) => {
        return { type, stateKey, content };
      }),
      canonicalAlias,
      name: body.name,
      topic: body.topic,
      invite: body.invite ?? [],
      isDirect: body.is_direct ?? false,
      published: visibility === 'public',
      originServerTs: context.clock.wallMs(),
    });
    await carryOverRoomSettings(context, requester.userId, roomId);
    return { room_id: roomId };
  },
});
