import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import { deviceListStreamId, noDeviceListUpdate } from '../storage/devices/device-list-stream.ts';
import { readDeviceListStreamId } from '../storage/devices/read-device-list-changes.ts';
import { putDeviceList } from '../storage/devices/write-device-lists.ts';

/** Where the updates of a user's device list have come to, as the shard's owner knows: ahead of the commits. */
export interface DeviceListHead {
  readonly userId: string;
  /** `stream_id` of the newest m.device_list_update. */
  streamId: number;
}

const keptHeads = 50_000;

const deviceListHeads: ShardMemory<BoundedCache<string, DeviceListHead>> = {
  name: 'device-list-heads',
  create: () => new BoundedCache(keptHeads),
};

/** What a command that changes a user's devices or keys needs before it appends. One query once per user. */
export async function loadDeviceListHead(shard: OwnedShard, userId: string): Promise<DeviceListHead> {
  const heads = shard.remember(deviceListHeads);
  const known = heads.get(userId);
  if (known) return known;
  const streamId = await readDeviceListStreamId(shard.context.database, userId);
  const meanwhile = heads.get(userId);
  if (meanwhile) return meanwhile;
  const head = { userId, streamId };
  heads.set(userId, head);
  return head;
}

/** What changed of a user's device list. */
export interface ChangedKeys {
  /** Devices that got keys, a name or signatures, or were deleted. */
  readonly deviceIds?: readonly string[];
  /** Also, or only, the cross-signing keys or signatures on them. */
  readonly crossSigning?: boolean;
}

/** How many entries `deviceListChange` gives. */
export function countDeviceListEntries({ deviceIds = [], crossSigning = false }: ChangedKeys): number {
  return deviceIds.length + (crossSigning ? 1 : 0);
}

/**
 * What every change of a user's devices or keys adds to its command: an entry for each device and one for cross-signing
 * keys, with positions from `firstPosition` on, and the row by which readers with old tokens find the change. Each
 * device's entry is one m.device_list_update for other servers, and refers to the one before.
 */
export function deviceListChange(
  shard: Pick<OwnedShard, 'id'>,
  head: DeviceListHead,
  changed: ChangedKeys,
  firstPosition: number,
): { readonly entries: NewEntry[]; readonly writes: Write[] } {
  const { userId } = head;
  const entries = (changed.deviceIds ?? []).map((deviceId, index): NewEntry => {
    const previous = head.streamId;
    head.streamId = deviceListStreamId(shard.id, firstPosition + index);
    return { kind: 'device-list', body: { userId, deviceId, previous } };
  });
  if (changed.crossSigning) entries.push({ kind: 'device-list', body: { userId } });
  const last = firstPosition + entries.length - 1;
  const streamId = head.streamId === noDeviceListUpdate ? null : head.streamId;
  return { entries, writes: entries.length === 0 ? [] : [putDeviceList(userId, shard.id, last, streamId)] };
}
