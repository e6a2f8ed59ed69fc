import type { AnyCommand } from '../platform/shard-log/command.ts';
import { issueBriefTokenCommand } from './brief-tokens.ts';
import { createAccountCommand } from './create-account.ts';
import { deleteDevicesCommand } from './delete-devices.ts';
import {
  closeInteractiveSessionCommand,
  saveInteractiveSessionCommand,
} from './interactive-authentication/interactive-sessions.ts';
import { openSessionCommand } from './open-session.ts';
import { confirmSessionCommand, refreshSessionCommand } from './refresh-session.ts';
import {
  createRegistrationTokenCommand,
  deleteRegistrationTokenCommand,
  holdRegistrationTokenCommand,
  useRegistrationTokenCommand,
} from './registration-tokens.ts';
import { setPasswordCommand } from './set-password.ts';
import { updateDeviceCommand } from './update-device.ts';

/** The commands of accounts, their sessions and what they keep. */
export const accountCommands: readonly AnyCommand[] = [
  ...[createAccountCommand, setPasswordCommand],
  ...[openSessionCommand, refreshSessionCommand, confirmSessionCommand],
  ...[deleteDevicesCommand, updateDeviceCommand],
  ...[issueBriefTokenCommand],
  ...[saveInteractiveSessionCommand, closeInteractiveSessionCommand],
  ...[createRegistrationTokenCommand, deleteRegistrationTokenCommand],
  ...[holdRegistrationTokenCommand, useRegistrationTokenCommand],
];
