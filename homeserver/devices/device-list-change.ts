import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import { putDeviceList } from '../storage/devices/write-device-lists.ts';

/**
 * What every change of a user's devices (logged in, renamed, deleted) or keys adds to its command: the entry that tells
 * of it, and the row by which readers with old tokens find it. `position` is the entry's.
 */
export function deviceListChange(
  shard: Pick<OwnedShard, 'id'>,
  userId: string,
  position: number,
): { readonly entry: NewEntry; readonly write: Write } {
  return {
    entry: { kind: 'device-list', body: { userId } },
    write: putDeviceList(userId, shard.id, position),
  };
}
