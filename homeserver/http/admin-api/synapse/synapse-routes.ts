import type { Endpoint } from '../../endpoint.ts';
import { deactivateUserV1 } from './deactivate-user-v1.ts';
import { deleteRoomV2, getRoomDeletion, listRoomDeletions } from './delete-room.ts';
import { deleteRoomV1 } from './delete-room-v1.ts';
import { deleteUserMediaV1 } from './delete-user-media-v1.ts';
import { getDestination, listDestinations, resetDestination } from './destinations.ts';
import { getEventContextV1 } from './event-context-v1.ts';
import { deleteEventReport, getEventReport, listEventReports } from './event-reports.ts';
import { fetchEventV1 } from './fetch-event-v1.ts';
import { findEventByTimeV1 } from './find-event-by-time-v1.ts';
import { getAccountDataV1 } from './get-account-data-v1.ts';
import { getMediaV1 } from './get-media-v1.ts';
import { getUserDeviceV2 } from './get-user-device-v2.ts';
import { getUserV2 } from './get-user-v2.ts';
import { joinRoomV1 } from './join-room.ts';
import { listDestinationRoomsV1 } from './list-destination-rooms-v1.ts';
import { listForwardExtremitiesV1 } from './list-forward-extremities-v1.ts';
import { listLargestRoomsV1 } from './list-largest-rooms-v1.ts';
import { listRoomMediaV1 } from './list-room-media-v1.ts';
import { listRoomMessagesV1 } from './list-room-messages-v1.ts';
import { makeRoomAdminV1 } from './make-room-admin.ts';
import { deleteMediaV1, quarantineMediaV1, unquarantineMediaV1 } from './media.ts';
import { getMediaStatistics } from './media-statistics.ts';
import { deleteRateOverrideV1, getRateOverrideV1, setRateOverrideV1 } from './override-ratelimit-v1.ts';
import { getPurgeStatus, purgeHistoryBeforeV1, purgeHistoryV1 } from './purge-history.ts';
import { purgeMediaCacheV1 } from './purge-media-cache-v1.ts';
import { putUserV2 } from './put-user-v2.ts';
import { quarantineRoomMediaV1 } from './quarantine-room-media-v1.ts';
import { quarantineUserMediaV1 } from './quarantine-user-media.ts';
import { getRedactStatus, redactUserV1 } from './redact-user.ts';
import { renameUserDeviceV2 } from './rename-user-device-v2.ts';
import { resetPasswordV1 } from './reset-password-v1.ts';
import {
  getRoomBlockV1,
  getRoomV1,
  listRoomMembersV1,
  listRoomStateV1,
  listRoomsV1,
  setRoomBlockV1,
} from './rooms-v1.ts';
import { listScheduledTasks } from './scheduled-tasks.ts';
import { getServerVersion, getUsernameAvailable } from './server-facts.ts';
import { suspendUserV1 } from './suspend-user-v1.ts';
import { getUserAdmin, setUserAdmin } from './user-admin.ts';
import { deleteUserDevicesV2, deleteUserDeviceV2, listUserDevicesV2 } from './user-devices-v2.ts';
import { listUserMediaV1 } from './user-media-v1.ts';
import { listUserMembershipsV1 } from './user-memberships-v1.ts';
import { deleteUserReportV1, getUserReportV1, listUserReportsV1 } from './user-reports-v1.ts';
import { listUserRoomsV1 } from './user-rooms-v1.ts';
import { viewHierarchyV1 } from './view-hierarchy-v1.ts';
import { whoIsV1 } from './whois.ts';

/** What tools for other servers call (ketesa, synapse-admin, Draupnir, Meowlnir), on the same functions as our own API. */
export const synapseRoutes: readonly Endpoint[] = [
  ...[getServerVersion, getUsernameAvailable, whoIsV1],
  ...[getUserV2, putUserV2, deactivateUserV1, resetPasswordV1, suspendUserV1, getUserAdmin, setUserAdmin],
  ...[getRateOverrideV1, setRateOverrideV1, deleteRateOverrideV1],
  ...[listUserDevicesV2, deleteUserDeviceV2, deleteUserDevicesV2, listUserRoomsV1, listUserMediaV1],
  ...[getUserDeviceV2, renameUserDeviceV2, deleteUserMediaV1, getAccountDataV1],
  ...[listUserReportsV1, getUserReportV1, deleteUserReportV1],
  ...[getEventContextV1, listUserMembershipsV1, redactUserV1, getRedactStatus],
  ...[listRoomsV1, getRoomV1, listRoomMembersV1, listRoomStateV1, getRoomBlockV1, setRoomBlockV1],
  ...[listRoomMessagesV1, findEventByTimeV1, viewHierarchyV1, listForwardExtremitiesV1, fetchEventV1],
  ...[listRoomMediaV1, quarantineRoomMediaV1, listLargestRoomsV1, deleteRoomV1],
  ...[deleteRoomV2, listRoomDeletions, getRoomDeletion, makeRoomAdminV1, joinRoomV1],
  ...[purgeHistoryV1, purgeHistoryBeforeV1, getPurgeStatus],
  ...[listEventReports, getEventReport, deleteEventReport],
  ...[quarantineMediaV1, unquarantineMediaV1, deleteMediaV1, getMediaStatistics],
  ...[getMediaV1, purgeMediaCacheV1, listDestinationRoomsV1],
  ...[quarantineUserMediaV1, listScheduledTasks],
  ...[listDestinations, getDestination, resetDestination],
];
