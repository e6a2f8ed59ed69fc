import type { Endpoint } from '../endpoint.ts';
import { createRoom } from './create-room/create-room.ts';
import { inviteUser } from './inviting/invite-user.ts';
import { joinRoomById } from './joining/join-room-by-id.ts';
import { leaveRoom } from './leaving/leave-room.ts';
import { getJoinedRooms } from './list-joined-rooms/get-joined-rooms.ts';
import { getRoomEvents } from './message-pagination/get-room-events.ts';
import { sendMessage } from './room-send/send-message.ts';
import { setRoomState, setRoomStateWithKey } from './room-state/set-room-state.ts';
import { getJoinedMembersByRoom } from './rooms/get-joined-members-by-room.ts';
import { getRoomState } from './rooms/get-room-state.ts';
import { getRoomStateWithKey, getRoomStateWithoutKey } from './rooms/get-room-state-event.ts';

/** Rooms: making them, who is in them, and what is said in them. */
export const roomRoutes: readonly Endpoint[] = [
  createRoom,
  getJoinedMembersByRoom,
  getJoinedRooms,
  getRoomEvents,
  getRoomState,
  getRoomStateWithKey,
  getRoomStateWithoutKey,
  inviteUser,
  joinRoomById,
  leaveRoom,
  sendMessage,
  setRoomState,
  setRoomStateWithKey,
];
