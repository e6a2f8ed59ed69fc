import type { AnyCommand } from '../platform/shard-log/command.ts';
import { claimKeysCommand } from './claim-keys.ts';
import { acknowledgeToDeviceCommand, postponeToDeviceCommand } from './receive-to-device.ts';
import { sendToDeviceCommand } from './send-to-device.ts';
import { uploadCrossSigningKeysCommand } from './upload-cross-signing-keys.ts';
import { uploadKeysCommand } from './upload-keys.ts';
import { uploadSignaturesCommand } from './upload-signatures.ts';

/** The commands of this folder. */
export const deviceCommands: readonly AnyCommand[] = [
  acknowledgeToDeviceCommand,
  claimKeysCommand,
  postponeToDeviceCommand,
  sendToDeviceCommand,
  uploadCrossSigningKeysCommand,
  uploadKeysCommand,
  uploadSignaturesCommand,
];
