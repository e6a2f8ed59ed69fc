import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { readRemoteDeviceLists, readUsersWithSharedRooms } from '../../storage/devices/read-remote-device-lists.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import { deleteCopy, writeList } from './remote-device-list.ts';

interface UsersInput {
  readonly userIds: readonly string[];
}

/**
 * Notes that users' servers could not be asked, so that it is done later: clients are told when an answer has come. Only
 * of users who share a room with this server.
 */
export const wantDeviceListsCommand: Command<UsersInput, null> = {
  name: 'want-remote-device-lists',
  key: () => 'want-remote-device-lists',
  releases: 'committed',
  async decide(shard, { userIds }) {
    const [lists, sharing] = await Promise.all([
      readRemoteDeviceLists(shard.context.database, userIds),
      readUsersWithSharedRooms(shard.context, userIds),
    ]);
    const unknown = userIds.filter((userId) => !lists.has(userId) && sharing.has(userId));
    if (unknown.length === 0) return { result: null };
    const writes = unknown.map((userId) => writeList(shard, { userId, streamId: null, isStale: true, mark: 1 }));
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

/** Forgets what is kept of users: nothing says any more when it changes. */
export const dropDeviceListsCommand: Command<UsersInput, null> = {
  name: 'drop-remote-device-lists',
  key: () => 'drop-remote-device-lists',
  releases: 'committed',
  async decide(shard, { userIds }) {
    const lists = await readRemoteDeviceLists(shard.context.database, userIds);
    if (lists.size === 0) return { result: null };
    const writes = [...lists.keys()].flatMap(deleteCopy);
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

export async function wantDeviceLists(context: Context, userIds: readonly string[]): Promise<void> {
  await submitByShard(context, userIds, wantDeviceListsCommand);
}

export async function dropDeviceLists(context: Context, userIds: readonly string[]): Promise<void> {
  await submitByShard(context, userIds, dropDeviceListsCommand);
}

async function submitByShard(
  context: Context,
  userIds: readonly string[],
  command: Command<UsersInput, null>,
): Promise<void> {
  const byShard = Map.groupBy(userIds, (userId) => shardOfUser(context, userId));
  await Promise.all([...byShard].map(([shard, own]) => context.shardLog.submit(command, shard, { userIds: own })));
}
