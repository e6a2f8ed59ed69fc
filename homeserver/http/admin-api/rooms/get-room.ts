import { describeRoom } from '../../../administration/rooms/describe-room.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatFigures } from './format-room.ts';

/**
 * One room: its state at a glance, members, size, aliases, whether it is blocked. `state` is null where nothing of it is
 * here any more. Error: M_NOT_FOUND.
 */
export const getRoom = defineEndpoint({
  operation: 'getRoom',
  method: 'GET',
  path: '/_holdfast/v1/admin/rooms/{roomId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const { room, figures, size, blocked, ...rest } = await describeRoom(context, params.roomId);
    return {
      ...{ room_id: room.roomId, version: room.version, shard: room.shard },
      state: figures ? { ...formatFigures(figures), topic: rest.topic, avatar_url: rest.avatarUrl } : null,
      ...{ aliases: rest.aliases, is_published: rest.isPublished, server_count: rest.serverCount },
      size: { event_count: size.eventCount, is_more: size.isMore, estimated_bytes: size.estimatedBytes },
      blocked: blocked ? { by: blocked.blockedBy, at_ts: blocked.blockedMs } : null,
    };
  },
});
