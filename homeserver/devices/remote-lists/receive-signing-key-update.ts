import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { isUserOfServer } from '../../rooms/server-of-user.ts';
import { sharesRoomWithUs } from '../../rooms/servers-of-user.ts';
import type { StoredCrossSigningKey } from '../../storage/devices/cross-signing-rows.ts';
import { readCrossSigningKeys } from '../../storage/devices/read-cross-signing.ts';
import { readRemoteDeviceLists } from '../../storage/devices/read-remote-device-lists.ts';
import { deleteCrossSigningKey, putCrossSigningKey } from '../../storage/devices/write-cross-signing.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import { parseRemoteCrossSigningKey } from './check-remote-keys.ts';
import { remoteDeviceListKey, sharedUsages, tellRemoteChange, writeList } from './remote-device-list.ts';

interface SigningKeyUpdate {
  readonly userId: string;
  readonly keys: readonly StoredCrossSigningKey[];
}

/** Puts new cross-signing keys into the copy that there is of a user's keys, and tells clients. */
export const applySigningKeyUpdateCommand: Command<SigningKeyUpdate, null> = {
  name: 'apply-signing-key-update',
  key: remoteDeviceListKey,
  releases: 'committed',
  async decide(shard, { userId, keys }) {
    const { database } = shard.context;
    const [lists, stored] = await Promise.all([
      readRemoteDeviceLists(database, [userId]),
      readCrossSigningKeys(database, [userId]),
    ]);
    const list = lists.get(userId);
    const isKnown = keys.every(({ usage, body }) => stored.some((key) => key.usage === usage && key.body === body));
    if (list && !list.isStale && isKnown) return { result: null };
    const committed = shard.append(1, (position) => {
      const { entry, write } = tellRemoteChange(shard, userId, position);
      const writes: Write[] = [write];
      // What is being asked for may have been answered before: it is asked for once more.
      if (list?.isStale) writes.push(writeList(shard, { ...list, mark: list.mark + 1 }));
      else if (list) writes.push(...replaceKeys(userId, keys, stored));
      return { entries: [entry], writes };
    });
    return { result: null, committed };
  },
};

/** Another master key ends the self-signing key that the old one had signed. */
function replaceKeys(
  userId: string,
  keys: readonly StoredCrossSigningKey[],
  stored: readonly StoredCrossSigningKey[],
): Write[] {
  const master = keys.find(({ usage }) => usage === 'master');
  const before = stored.find(({ usage }) => usage === 'master');
  const ends = master !== undefined && before?.publicKey !== master.publicKey;
  return [...(ends ? [deleteCrossSigningKey(userId, 'self_signing')] : []), ...keys.map(putCrossSigningKey)];
}

/**
 * Takes an m.signing_key_update EDU in. What concerns users who share no room with this server is passed over. Throws
 * M_INVALID_PARAM, M_FORBIDDEN for users of other servers.
 * https://spec.matrix.org/v1.19/server-server-api/#end-to-end-encryption
 */
export async function receiveSigningKeyUpdate(context: Context, origin: string, content: JsonObject): Promise<void> {
  const { user_id: userId } = content;
  if (typeof userId !== 'string') throw new MatrixError('M_INVALID_PARAM', 'm.signing_key_update needs user_id');
  if (!isUserOfServer(userId, origin)) throw new MatrixError('M_FORBIDDEN', 'A server speaks for its own users');
  const keys = sharedUsages.flatMap(
    (usage) => parseRemoteCrossSigningKey(userId, usage, content[`${usage}_key`]) ?? [],
  );
  if (keys.length === 0) throw new MatrixError('M_INVALID_PARAM', 'm.signing_key_update holds no key of the user');
  if (!(await sharesRoomWithUs(context, userId))) return;
  await context.shardLog.submit(applySigningKeyUpdateCommand, shardOfUser(context, userId), { userId, keys });
}
