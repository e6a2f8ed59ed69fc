import type { AnyCommand } from '../platform/shard-log/command.ts';
import { claimKeysCommand } from './claim-keys.ts';
import { acknowledgeToDeviceCommand, postponeToDeviceCommand } from './receive-to-device.ts';
import { sendToDeviceCommand } from './send-to-device.ts';
import { uploadKeysCommand } from './upload-keys.ts';

/** The commands of this folder. */
export const deviceCommands: readonly AnyCommand[] = [
  acknowledgeToDeviceCommand,
  claimKeysCommand,
  postponeToDeviceCommand,
  sendToDeviceCommand,
  uploadKeysCommand,
];
