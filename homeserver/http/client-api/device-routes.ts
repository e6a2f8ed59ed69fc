import type { Endpoint } from '../endpoint.ts';
import { uploadCrossSigningKeys } from './cross-signing/upload-cross-signing-keys.ts';
import { uploadCrossSigningSignatures } from './cross-signing/upload-cross-signing-signatures.ts';
import { keyBackupRoutes } from './key-backup-routes.ts';
import { claimKeys } from './keys/claim-keys.ts';
import { getKeysChanges } from './keys/get-keys-changes.ts';
import { queryKeys } from './keys/query-keys.ts';
import { uploadKeys } from './keys/upload-keys.ts';
import { sendToDevice } from './to-device/send-to-device.ts';

/** End-to-end encryption: keys of devices and users, messages to devices, key backup. */
export const deviceRoutes: readonly Endpoint[] = [
  ...[uploadKeys, queryKeys, claimKeys, getKeysChanges],
  ...[uploadCrossSigningKeys, uploadCrossSigningSignatures],
  sendToDevice,
  ...keyBackupRoutes,
];
