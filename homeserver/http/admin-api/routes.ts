import type { Endpoint } from '../endpoint.ts';
import { listAppservices } from './appservices/list-appservices.ts';
import { pauseAppservice, resumeAppservice } from './appservices/pause-appservice.ts';
import { skipEvents } from './appservices/skip-events.ts';
import { listActs } from './audit/list-acts.ts';
import { getDatabase } from './database/get-database.ts';
import { getFederationStatus } from './federation/get-federation-status.ts';
import { retryDestination } from './federation/retry-destination.ts';
import { deleteMedia } from './media/delete-media.ts';
import { listMediaUsage } from './media/list-media-usage.ts';
import { quarantineMedia } from './media/quarantine-media.ts';
import { getMonitor } from './monitor/get-monitor.ts';
import { endOverride, overrideRoster } from './monitor/override-roster.ts';
import { endMaintenance, planMaintenance } from './monitor/plan-maintenance.ts';
import { endSilence, silenceAlerts } from './monitor/silence-alerts.ts';
import { takeIncident } from './monitor/take-incident.ts';
import { writeNote } from './monitor/write-note.ts';
import { getFigures } from './overview/get-figures.ts';
import { getOverview } from './overview/get-overview.ts';
import { handOverShard } from './processes/hand-over-shard.ts';
import { listShards } from './processes/list-shards.ts';
import { restProcess } from './processes/rest-process.ts';
import { getRegistrationNonce } from './register/get-registration-nonce.ts';
import { registerBySharedSecret } from './register/register-by-shared-secret.ts';
import { createRegistrationToken } from './registration-tokens/create-registration-token.ts';
import { deleteRegistrationToken } from './registration-tokens/delete-registration-token.ts';
import { getRegistrationToken } from './registration-tokens/get-registration-token.ts';
import { listRegistrationTokens } from './registration-tokens/list-registration-tokens.ts';
import { updateRegistrationToken } from './registration-tokens/update-registration-token.ts';
import { deleteReport } from './reports/delete-report.ts';
import { getReport } from './reports/get-report.ts';
import { listReports } from './reports/list-reports.ts';
import { blockRoom } from './rooms/block-room.ts';
import { deleteRoom } from './rooms/delete-room.ts';
import { getRoom } from './rooms/get-room.ts';
import { listRoomMembers } from './rooms/list-room-members.ts';
import { listRoomState } from './rooms/list-room-state.ts';
import { listRooms } from './rooms/list-rooms.ts';
import { purgeHistory } from './rooms/purge-history.ts';
import { synapseRoutes } from './synapse/synapse-routes.ts';
import { cancelTask } from './tasks/cancel-task.ts';
import { getTask } from './tasks/get-task.ts';
import { listTasks } from './tasks/list-tasks.ts';
import { changeUser } from './users/change-user.ts';
import { createUser } from './users/create-user.ts';
import { deactivateUser } from './users/deactivate-user.ts';
import { getUser } from './users/get-user.ts';
import { listAccounts } from './users/list-accounts.ts';
import { listUserDevices } from './users/list-user-devices.ts';
import { listUserMedia } from './users/list-user-media.ts';
import { listUserRooms } from './users/list-user-rooms.ts';
import { listUsers } from './users/list-users.ts';
import { logOutUser } from './users/log-out-user.ts';
import { redactUser } from './users/redact-user.ts';
import { resetPassword } from './users/reset-password.ts';

/** What administrators and their tools call, outside of the specification. */
export const adminRoutes: readonly Endpoint[] = [
  ...[getRegistrationNonce, registerBySharedSecret],
  ...[listRegistrationTokens, createRegistrationToken, getRegistrationToken],
  ...[updateRegistrationToken, deleteRegistrationToken],
  ...[listAppservices, pauseAppservice, resumeAppservice, skipEvents],
  ...[getFederationStatus, retryDestination, listUsers],
  ...[listReports, getReport, deleteReport],
  ...[getOverview, getFigures],
  ...synapseRoutes,
  ...[listAccounts, createUser, getUser, changeUser, deactivateUser, resetPassword, redactUser],
  ...[listUserDevices, logOutUser, listUserRooms, listUserMedia],
  ...[listRooms, getRoom, listRoomMembers, listRoomState, blockRoom, deleteRoom, purgeHistory],
  ...[listTasks, getTask, cancelTask],
  ...[listMediaUsage, quarantineMedia, deleteMedia],
  ...[listShards, handOverShard, restProcess, getDatabase, listActs],
  ...[getMonitor, takeIncident, silenceAlerts, endSilence, overrideRoster, endOverride, writeNote],
  ...[planMaintenance, endMaintenance],
];
