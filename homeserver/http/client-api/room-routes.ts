import type { Endpoint } from '../endpoint.ts';
import { ban } from './banning/ban.ts';
import { unban } from './banning/unban.ts';
import { createRoom } from './create-room/create-room.ts';
import { deleteRoomAlias } from './directory/delete-room-alias.ts';
import { getLocalAliases } from './directory/get-local-aliases.ts';
import { getRoomIdByAlias } from './directory/get-room-id-by-alias.ts';
import { setRoomAlias } from './directory/set-room-alias.ts';
import { getEventContext } from './event-context/get-event-context.ts';
import { inviteUser } from './inviting/invite-user.ts';
import { joinRoom } from './joining/join-room.ts';
import { joinRoomById } from './joining/join-room-by-id.ts';
import { kick } from './kicking/kick.ts';
import { knockRoom } from './knocking/knock-room.ts';
import { forgetRoom } from './leaving/forget-room.ts';
import { leaveRoom } from './leaving/leave-room.ts';
import { getJoinedRooms } from './list-joined-rooms/get-joined-rooms.ts';
import { getPublicRooms } from './list-public-rooms/get-public-rooms.ts';
import { getRoomVisibilityOnDirectory } from './list-public-rooms/get-room-visibility-on-directory.ts';
import { queryPublicRooms } from './list-public-rooms/query-public-rooms.ts';
import { setRoomVisibilityOnDirectory } from './list-public-rooms/set-room-visibility-on-directory.ts';
import { getRoomEvents } from './message-pagination/get-room-events.ts';
import { getMutualRooms } from './mutual-rooms/get-mutual-rooms.ts';
import { redactEvent } from './redaction/redact-event.ts';
import {
  getRelatingEvents,
  getRelatingEventsWithRelType,
  getRelatingEventsWithRelTypeAndEventType,
} from './relations/get-relating-events.ts';
import { reportEvent } from './report-content/report-event.ts';
import { reportRoom } from './report-content/report-room.ts';
import { reportUser } from './report-content/report-user.ts';
import { getEventByTimestamp } from './room-event-by-timestamp/get-event-by-timestamp.ts';
import { sendMessage } from './room-send/send-message.ts';
import { setRoomState, setRoomStateWithKey } from './room-state/set-room-state.ts';
import { getRoomSummary } from './room-summary/get-room-summary.ts';
import { upgradeRoom } from './room-upgrades/upgrade-room.ts';
import { getJoinedMembersByRoom } from './rooms/get-joined-members-by-room.ts';
import { getMembersByRoom } from './rooms/get-members-by-room.ts';
import { getOneRoomEvent } from './rooms/get-one-room-event.ts';
import { getRoomState } from './rooms/get-room-state.ts';
import { getRoomStateWithKey, getRoomStateWithoutKey } from './rooms/get-room-state-event.ts';
import { getSpaceHierarchy } from './space-hierarchy/get-space-hierarchy.ts';
import { getThreadRoots } from './threads-list/get-thread-roots.ts';

/** Rooms: making and finding them, who is in them, and what is said in them. */
export const roomRoutes: readonly Endpoint[] = [
  createRoom,
  upgradeRoom,
  ...[joinRoom, joinRoomById, inviteUser, knockRoom, leaveRoom, forgetRoom, kick, ban, unban],
  ...[getRoomState, getRoomStateWithKey, getRoomStateWithoutKey, setRoomState, setRoomStateWithKey],
  ...[sendMessage, redactEvent, getRoomEvents, getOneRoomEvent, getEventContext, getEventByTimestamp],
  ...[getRelatingEvents, getRelatingEventsWithRelType, getRelatingEventsWithRelTypeAndEventType, getThreadRoots],
  ...[getJoinedRooms, getJoinedMembersByRoom, getMembersByRoom],
  ...[getRoomIdByAlias, setRoomAlias, deleteRoomAlias, getLocalAliases],
  ...[getSpaceHierarchy, getRoomSummary, getMutualRooms],
  ...[reportRoom, reportEvent, reportUser],
  ...[getPublicRooms, queryPublicRooms, getRoomVisibilityOnDirectory, setRoomVisibilityOnDirectory],
];
