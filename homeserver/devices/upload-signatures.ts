import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import type { StoredKeySignature } from '../storage/devices/cross-signing-rows.ts';
import { putKeySignature } from '../storage/devices/write-cross-signing.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { checkSignatures, type KeyFailures, type SignedKeys } from './check-signatures.ts';
import { deviceListChange } from './device-list-change.ts';

interface UploadSignaturesInput {
  readonly signerId: string;
  readonly signedKeys: SignedKeys;
}

const maxSignedKeys = 1_000;

export const uploadSignaturesCommand: Command<UploadSignaturesInput, KeyFailures> = {
  name: 'upload-signatures',
  key: ({ signerId }) => `keys ${signerId}`,
  releases: 'committed',
  async decide(shard, { signerId, signedKeys }) {
    const { signatures, failures } = await checkSignatures(shard.context, signerId, signedKeys);
    if (signatures.length === 0) return { result: failures };
    const byUser = [...Map.groupBy(signatures, ({ userId }) => userId)];
    const committed = shard.append(byUser.length, (first) => {
      const told = byUser.map(([userId, own], index) => tellSignatures(shard, signerId, userId, own, first + index));
      return { entries: told.map(({ entry }) => entry), writes: told.flatMap(({ writes }) => writes) };
    });
    return { result: failures, committed };
  },
};

/** Own keys changed for everybody who sees them; signatures on others' keys are shown to their signer alone. */
function tellSignatures(
  shard: { readonly id: number },
  signerId: string,
  userId: string,
  signatures: readonly StoredKeySignature[],
  position: number,
) {
  const rows = signatures.map((signature) => putKeySignature(signature, shard.id, position));
  if (userId === signerId) {
    const { entry, write } = deviceListChange(shard, userId, position);
    return { entry, writes: [write, ...rows] };
  }
  const entry: NewEntry = { kind: 'device-list', body: { userId, readerId: signerId } };
  return { entry, writes: rows };
}

/**
 * Publishes signatures that a user made on own devices and keys or on other users' master keys. Returns what was
 * refused, by user and key: M_INVALID_SIGNATURE, M_NOT_FOUND. Throws M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keyssignaturesupload
 */
export async function uploadSignatures(
  context: Context,
  signerId: string,
  signedKeys: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>,
): Promise<KeyFailures> {
  const count = Object.values(signedKeys).reduce((sum, keys) => sum + Object.keys(keys).length, 0);
  if (count > maxSignedKeys) throw new MatrixError('M_TOO_LARGE', `At most ${maxSignedKeys} keys are signed at once`);
  return await context.shardLog.submit(uploadSignaturesCommand, shardOfUser(context, signerId), {
    ...{ signerId, signedKeys },
  });
}
