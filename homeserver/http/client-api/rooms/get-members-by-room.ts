import { clientEventsText } from '../../../rooms/client-event-text.ts';
import { viewMembers } from '../../../rooms/view-members.ts';
import { timelineEventsOf } from '../../../storage/sync/timeline-event.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

const membershipSchema = { type: 'string', enum: ['join', 'invite', 'knock', 'leave', 'ban'] } as const;

/**
 * The member events of a room.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers
 */
export const getMembersByRoom = defineEndpoint({
  operation: 'getMembersByRoom',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/members',
  authentication: 'user',
  query: {
    type: 'object',
    properties: { at: { type: 'string' }, membership: membershipSchema, not_membership: membershipSchema },
  },
  async handle(context, { requester, params: { roomId }, query }) {
    const { at, membership, not_membership: notMembership } = query;
    const members = await viewMembers(context, roomId, requester.userId, { at, membership, notMembership });
    const shown = await timelineEventsOf(context, members, false);
    return jsonText(`{"chunk":${clientEventsText(shown, { ...requester, nowMs: context.clock.wallMs() }, roomId)}}`);
  },
});
