import type { AnyCommand } from '../platform/shard-log/command.ts';
import { claimKeysCommand } from './claim-keys.ts';
import { deleteRoomKeysCommand } from './delete-room-keys.ts';
import { createKeyBackupCommand, deleteKeyBackupCommand, updateKeyBackupCommand } from './key-backup-versions.ts';
import { acknowledgeToDeviceCommand, postponeToDeviceCommand } from './receive-to-device.ts';
import { dropDeviceListsCommand, wantDeviceListsCommand } from './remote-lists/mark-device-lists.ts';
import { applyDeviceListUpdateCommand } from './remote-lists/receive-device-list-update.ts';
import { applySigningKeyUpdateCommand } from './remote-lists/receive-signing-key-update.ts';
import { storeDeviceListCommand } from './remote-lists/store-device-list.ts';
import { deleteCrossSigningKeysCommand } from './remove-keys-of-user.ts';
import { sendToDeviceCommand } from './send-to-device.ts';
import { storeRoomKeysCommand } from './store-room-keys.ts';
import { queueToDeviceCommand } from './to-device/queue-to-device.ts';
import { uploadCrossSigningKeysCommand } from './upload-cross-signing-keys.ts';
import { uploadKeysCommand } from './upload-keys.ts';
import { uploadSignaturesCommand } from './upload-signatures.ts';

/** The commands of this folder. */
export const deviceCommands: readonly AnyCommand[] = [
  acknowledgeToDeviceCommand,
  applyDeviceListUpdateCommand,
  applySigningKeyUpdateCommand,
  claimKeysCommand,
  createKeyBackupCommand,
  deleteCrossSigningKeysCommand,
  deleteKeyBackupCommand,
  deleteRoomKeysCommand,
  dropDeviceListsCommand,
  postponeToDeviceCommand,
  queueToDeviceCommand,
  sendToDeviceCommand,
  storeDeviceListCommand,
  storeRoomKeysCommand,
  updateKeyBackupCommand,
  uploadCrossSigningKeysCommand,
  uploadKeysCommand,
  uploadSignaturesCommand,
  wantDeviceListsCommand,
];
