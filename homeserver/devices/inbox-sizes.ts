import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { countInboxes, type DeviceName, readInboxPlaces } from '../storage/devices/read-inbox.ts';
import { deleteInboxUpTo, deleteUnreferencedMessage } from '../storage/devices/write-inbox.ts';

/** Messages that wait for one device. When it is full the oldest give way: a device that never comes fills only this. */
export const maxInboxMessages = 10_000;
/** So many go at once, so that a full inbox is not looked at again for each message. */
const droppedAtOnce = 1_000;
const cachedSizes = 100_000;

interface InboxSizes {
  readonly countByDevice: BoundedCache<string, number>;
}

/** How full inboxes are, as the shard's owner knows; an upper bound between a count and the next. */
const inboxSizesMemory: ShardMemory<InboxSizes> = {
  name: 'inbox-sizes',
  create: () => ({ countByDevice: new BoundedCache(cachedSizes) }),
};

/** Counts one more message for each device and gives the writes that make room where an inbox is full. */
export async function makeRoomInInboxes(shard: OwnedShard, devices: readonly DeviceName[]): Promise<Write[]> {
  const { countByDevice } = shard.remember(inboxSizesMemory);
  const { context } = shard;
  await countUnknown(context, countByDevice, devices);
  const writes: Write[] = [];
  for (const device of devices) {
    const count = countByDevice.get(nameOf(device)) ?? 0;
    if (count < maxInboxMessages) {
      countByDevice.set(nameOf(device), count + 1);
      continue;
    }
    // Acknowledgements may have emptied it since: the next message counts anew.
    countByDevice.delete(nameOf(device));
    writes.push(...(await dropOldest(context, device)));
  }
  return writes;
}

/** Some messages of the device are gone. */
export function forgetInboxSize(shard: OwnedShard, device: DeviceName): void {
  shard.remember(inboxSizesMemory).countByDevice.delete(nameOf(device));
}

async function countUnknown(
  context: Context,
  countByDevice: BoundedCache<string, number>,
  devices: readonly DeviceName[],
): Promise<void> {
  const unknown = devices.filter((device) => countByDevice.get(nameOf(device)) === undefined);
  if (unknown.length === 0) return;
  const counts = await countInboxes(context.database, unknown);
  for (const device of unknown) countByDevice.set(nameOf(device), counts.get(nameOf(device)) ?? 0);
}

async function dropOldest(context: Context, device: DeviceName): Promise<Write[]> {
  const { userId, deviceId } = device;
  const places = await readInboxPlaces(context.database, device, maxInboxMessages);
  if (places.length < maxInboxMessages) return [];
  const dropped = places.slice(0, droppedAtOnce);
  context.log.warn(
    { userId, deviceId, messages: dropped.length },
    'the inbox of a device is full: its oldest messages were dropped',
  );
  const last = new Map(dropped.map((place) => [place.shard, place]));
  return [
    ...[...last.values()].map((place) => deleteInboxUpTo(userId, deviceId, place)),
    ...dropped.flatMap(({ shared }) => (shared === null ? [] : [deleteUnreferencedMessage(shared)])),
  ];
}

function nameOf({ userId, deviceId }: DeviceName): string {
  return `${userId} ${deviceId}`;
}
