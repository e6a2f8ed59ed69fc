import type { AnyCommand } from '../platform/shard-log/command.ts';
import { setAccountDataCommand } from './account-data.ts';
import { issueBriefTokenCommand } from './brief-tokens.ts';
import { createAccountCommand } from './create-account.ts';
import { createDeviceCommand } from './create-device.ts';
import { deactivateAccountCommand } from './deactivate-account.ts';
import { deleteDevicesCommand } from './delete-devices.ts';
import { recordDeviceActivityCommand } from './device-activity.ts';
import { storeFilterCommand } from './filters.ts';
import {
  closeInteractiveSessionCommand,
  saveInteractiveSessionCommand,
} from './interactive-authentication/interactive-sessions.ts';
import { setAccountFlagsCommand } from './moderate-account.ts';
import { openSessionCommand } from './open-session.ts';
import { changeProfileFieldCommand } from './profiles.ts';
import { changePushRulesCommand } from './push-rules.ts';
import { confirmSessionCommand, refreshSessionCommand } from './refresh-session.ts';
import {
  createRegistrationTokenCommand,
  deleteRegistrationTokenCommand,
  holdRegistrationTokenCommand,
  useRegistrationTokenCommand,
} from './registration-tokens.ts';
import { changeRoomTagCommand } from './room-tags.ts';
import { setPasswordCommand } from './set-password.ts';
import { setRateOverrideCommand } from './set-rate-override.ts';
import { updateDeviceCommand } from './update-device.ts';

/** The commands of accounts, their sessions and what they keep. */
export const accountCommands: readonly AnyCommand[] = [
  ...[
    createAccountCommand,
    setPasswordCommand,
    setAccountFlagsCommand,
    setRateOverrideCommand,
    deactivateAccountCommand,
  ],
  ...[openSessionCommand, refreshSessionCommand, confirmSessionCommand],
  ...[createDeviceCommand, deleteDevicesCommand, updateDeviceCommand, recordDeviceActivityCommand],
  ...[issueBriefTokenCommand],
  ...[setAccountDataCommand, changeRoomTagCommand, changePushRulesCommand, storeFilterCommand],
  ...[changeProfileFieldCommand],
  ...[saveInteractiveSessionCommand, closeInteractiveSessionCommand],
  ...[createRegistrationTokenCommand, deleteRegistrationTokenCommand],
  ...[holdRegistrationTokenCommand, useRegistrationTokenCommand],
];
