import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import type { StoredKeySignature } from '../storage/devices/cross-signing-rows.ts';
import { putKeySignature } from '../storage/devices/write-cross-signing.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { checkSignatures, type KeyFailures, type RemoteMasterKeys, type SignedKeys } from './check-signatures.ts';
import {
  type ChangedKeys,
  countDeviceListEntries,
  deviceListChange,
  loadDeviceListHead,
} from './device-list-change.ts';
import { queryKeys } from './query-keys.ts';

interface UploadSignaturesInput {
  readonly signerId: string;
  readonly signedKeys: SignedKeys;
  readonly remoteMasterKeys: RemoteMasterKeys;
}

const maxSignedKeys = 1_000;

export const uploadSignaturesCommand: Command<UploadSignaturesInput, KeyFailures> = {
  name: 'upload-signatures',
  key: ({ signerId }) => `keys ${signerId}`,
  releases: 'committed',
  async decide(shard, { signerId, signedKeys, remoteMasterKeys }) {
    const { context } = shard;
    const checked = await checkSignatures(context, signerId, signedKeys, remoteMasterKeys);
    const { signatures, failures, deviceIds } = checked;
    if (signatures.length === 0) return { result: failures };
    const changed = changedOwnKeys(signerId, signatures, deviceIds);
    const others = [...new Set(signatures.map(({ userId }) => userId))].filter((userId) => userId !== signerId);
    const head = await loadDeviceListHead(shard, signerId);
    const ownCount = countDeviceListEntries(changed);
    const committed = shard.append(ownCount + others.length, (first) => {
      const { entries, writes } = deviceListChange(shard, head, changed, first);
      // Signatures on others' keys are shown to their signer alone.
      const toSigner = others.map(
        (userId): NewEntry => ({ kind: 'device-list', body: { userId, readerId: signerId } }),
      );
      const rows = signatures.map((signature) => {
        const position = first + (signature.userId === signerId ? 0 : ownCount + others.indexOf(signature.userId));
        return putKeySignature(signature, shard.id, position);
      });
      return { entries: [...entries, ...toSigner], writes: [...writes, ...rows] };
    });
    return { result: failures, committed };
  },
};

/** What changed for everybody who sees the signer's keys. */
function changedOwnKeys(
  signerId: string,
  signatures: readonly StoredKeySignature[],
  deviceIds: ReadonlySet<string>,
): ChangedKeys {
  const own = new Set(signatures.filter(({ userId }) => userId === signerId).map(({ keyName }) => keyName));
  const devices = [...own].filter((keyName) => deviceIds.has(keyName));
  return { deviceIds: devices, crossSigning: devices.length < own.size };
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
    ...{ signerId, signedKeys, remoteMasterKeys: await findRemoteMasterKeys(context, signerId, signedKeys) },
  });
}

/** Keys of other servers' users that are to be signed, asked for where there is no fresh copy of them. */
async function findRemoteMasterKeys(
  context: Context,
  signerId: string,
  signedKeys: SignedKeys,
): Promise<RemoteMasterKeys> {
  const remote = Object.keys(signedKeys).filter((userId) => {
    const serverName = parseUserId(userId)?.serverName;
    return serverName !== undefined && serverName !== context.serverName;
  });
  if (remote.length === 0) return {};
  const { masterKeys } = await queryKeys(context, signerId, Object.fromEntries(remote.map((userId) => [userId, []])));
  return masterKeys;
}
