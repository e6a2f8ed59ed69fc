import { accountCommands } from '../accounts/account-commands.ts';
import { administrationCommands } from '../administration/administration-commands.ts';
import { appserviceCommands } from '../appservices/appservice-commands.ts';
import { deviceCommands } from '../devices/device-commands.ts';
import { ephemeralCommands } from '../ephemeral/ephemeral-commands.ts';
import { federationCommands } from '../federation/federation-commands.ts';
import { mediaCommands } from '../media/media-commands.ts';
import type { AnyCommand } from '../platform/shard-log/command.ts';
import { probeWriteCommand } from '../platform/shard-log/probe-write-command.ts';
import { addOutliersCommand } from '../rooms/add-outliers.ts';
import { changeMembershipCommand } from '../rooms/change-membership-command.ts';
import { createRoomCommand } from '../rooms/create-room.ts';
import { deleteRoomRowsCommand } from '../rooms/delete-room-rows.ts';
import { claimAliasCommand, moveAliasCommand, releaseAliasCommand } from '../rooms/directory/claim-alias.ts';
import { listRoomOnNetworkCommand, publishRoomCommand } from '../rooms/directory/publish-room.ts';
import { dropWaitingEventsCommand } from '../rooms/drop-waiting-events.ts';
import { enterRoomCommand } from '../rooms/enter-room.ts';
import { forgetRoomCommand } from '../rooms/forget-room.ts';
import { addHistoryCommand } from '../rooms/history/add-history.ts';
import { purgeEventsCommand } from '../rooms/purge-events.ts';
import { receiveEventsCommand } from '../rooms/receive-events.ts';
import { redactEventCommand } from '../rooms/redact-event.ts';
import { remoteRoomCommands } from '../rooms/remote/remote-room-commands.ts';
import { closeReportCommand } from '../rooms/reports/close-report.ts';
import { addReportCommand } from '../rooms/reports/report.ts';
import { sendEventCommand } from '../rooms/send-event.ts';

/** Every command of the homeserver: what a process forwards to the owner of a shard is looked up here by name. */
export const commands: readonly AnyCommand[] = [
  ...accountCommands,
  ...administrationCommands,
  ...deviceCommands,
  ...mediaCommands,
  ...ephemeralCommands,
  ...federationCommands,
  ...appserviceCommands,
  addHistoryCommand,
  addReportCommand,
  closeReportCommand,
  addOutliersCommand,
  ...remoteRoomCommands,
  changeMembershipCommand,
  enterRoomCommand,
  claimAliasCommand,
  createRoomCommand,
  deleteRoomRowsCommand,
  dropWaitingEventsCommand,
  forgetRoomCommand,
  moveAliasCommand,
  probeWriteCommand,
  publishRoomCommand,
  purgeEventsCommand,
  listRoomOnNetworkCommand,
  receiveEventsCommand,
  redactEventCommand,
  releaseAliasCommand,
  sendEventCommand,
];
