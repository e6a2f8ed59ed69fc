import type { Context } from '../platform/context.ts';
import { readCrossSigningKeys } from '../storage/devices/read-cross-signing.ts';
import { readDeviceKeys } from '../storage/devices/read-device-keys.ts';
import { groupByServer, type RemoteFailures } from './group-users.ts';
import { addKeys, emptyKeys, type QueriedKeys } from './present-keys.ts';
import { queryRemoteKeys } from './remote-lists/query-remote-keys.ts';

/** Users whose keys are put together in one go: a query for thousands must not hold up everybody else. */
const usersAtOnce = 250;
const defaultTimeoutMs = 10_000;
const shortestTimeoutMs = 1_000;
const longestTimeoutMs = 30_000;

/** By user, the device ids; none: all. */
export type KeyWishes = Readonly<Record<string, readonly string[]>>;

/**
 * Identity and cross-signing keys of users, with the signatures that the reader may see. Every user of this server that is
 * asked for is in the answer, and of the others those whose servers answer within `timeoutMs`.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
 */
export async function queryKeys(
  context: Context,
  readerId: string,
  wishes: KeyWishes,
  timeoutMs = defaultTimeoutMs,
): Promise<QueriedKeys & { readonly failures: RemoteFailures }> {
  const { local, remote } = groupByServer(context, Object.keys(wishes));
  const keys = emptyKeys();
  const boundedMs = Math.max(shortestTimeoutMs, Math.min(timeoutMs, longestTimeoutMs));
  const [failures] = await Promise.all([
    queryRemoteKeys(context, { readerId, wishes, usersByServer: remote }, boundedMs, keys),
    addLocalKeys(context, readerId, local, wishes, keys),
  ]);
  return { ...keys, failures };
}

/**
 * As queryKeys, of this server's users alone, as other servers may see them: with their owners' signatures only and
 * without user-signing keys.
 */
export async function queryLocalKeys(context: Context, wishes: KeyWishes): Promise<QueriedKeys> {
  const keys = emptyKeys();
  await addLocalKeys(context, undefined, groupByServer(context, Object.keys(wishes)).local, wishes, keys);
  return keys;
}

async function addLocalKeys(
  context: Context,
  readerId: string | undefined,
  userIds: readonly string[],
  wishes: KeyWishes,
  keys: QueriedKeys,
): Promise<void> {
  const { database } = context;
  for (let first = 0; first < userIds.length; first += usersAtOnce) {
    const some = userIds.slice(first, first + usersAtOnce);
    for (const userId of some) keys.deviceKeys[userId] = {};
    const [devices, crossSigningKeys] = await Promise.all([
      readDeviceKeys(database, some),
      readCrossSigningKeys(database, some),
    ]);
    await addKeys(context, { userIds: some, devices, crossSigningKeys }, { readerId, wishes }, keys);
  }
}
