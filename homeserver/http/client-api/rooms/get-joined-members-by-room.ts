import { viewJoinedMembers } from '../../../rooms/view-members.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Who is joined to a room, with their profiles in it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
 */
export const getJoinedMembersByRoom = defineEndpoint({
  operation: 'getJoinedMembersByRoom',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/joined_members',
  authentication: 'user',
  async handle(context, { requester, params: { roomId } }) {
    return { joined: await viewJoinedMembers(context, roomId, requester.userId) };
  },
});
