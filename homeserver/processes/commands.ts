import { accountCommands } from '../accounts/account-commands.ts';
import { deviceCommands } from '../devices/device-commands.ts';
import { ephemeralCommands } from '../ephemeral/ephemeral-commands.ts';
import { federationCommands } from '../federation/federation-commands.ts';
import { mediaCommands } from '../media/media-commands.ts';
import type { AnyCommand } from '../platform/shard-log/command.ts';
import { probeWriteCommand } from '../platform/shard-log/probe-write-command.ts';
import { changeMembershipCommand } from '../rooms/change-membership.ts';
import { createRoomCommand } from '../rooms/create-room.ts';
import { claimAliasCommand, moveAliasCommand, releaseAliasCommand } from '../rooms/directory/claim-alias.ts';
import { publishRoomCommand } from '../rooms/directory/publish-room.ts';
import { forgetRoomCommand } from '../rooms/forget-room.ts';
import { redactEventCommand } from '../rooms/redact-event.ts';
import { addReportCommand } from '../rooms/reports/report.ts';
import { sendEventCommand } from '../rooms/send-event.ts';

/** Every command of the homeserver: what a process forwards to the owner of a shard is looked up here by name. */
export const commands: readonly AnyCommand[] = [
  ...accountCommands,
  ...deviceCommands,
  ...mediaCommands,
  ...ephemeralCommands,
  ...federationCommands,
  addReportCommand,
  changeMembershipCommand,
  claimAliasCommand,
  createRoomCommand,
  forgetRoomCommand,
  moveAliasCommand,
  probeWriteCommand,
  publishRoomCommand,
  redactEventCommand,
  releaseAliasCommand,
  sendEventCommand,
];
