import { BoundedCache } from '../platform/bounded-cache.ts';

const keptDevices = 10_000;
const keptMembersPerDevice = 5_000;

interface DeviceMemory {
  /** The highest positions (by shard) of replies in which members went out. */
  readonly newest: number[];
  readonly members: Set<string>;
}

/**
 * Which member events lazily loading devices were sent, so that they are not sent again. What is forgotten here, or was
 * sent by another process, is sent once more.
 */
export class SentMembers {
  readonly #devices = new BoundedCache<string, DeviceMemory>(keptDevices);

  /**
   * Begins a reply to a device that has received everything up to `since`. An initial sync, or a token older than a
   * reply that was sent, means that the device does not have what it was sent.
   */
  begin(device: SyncingDevice, since: readonly number[] | undefined): void {
    const memory = this.#devices.get(keyOf(device));
    const hasAll = since !== undefined && memory?.newest.every((position, shard) => position <= (since[shard] ?? 0));
    if (memory && !hasAll) this.#devices.delete(keyOf(device));
  }

  has(device: SyncingDevice, roomId: string, userId: string): boolean {
    return this.#devices.get(keyOf(device))?.members.has(`${roomId} ${userId}`) === true;
  }

  /** Notes members that go out in a reply whose `next_batch` has the positions `to`. */
  note(device: SyncingDevice, roomId: string, userIds: Iterable<string>, to: readonly number[]): void {
    let memory = this.#devices.get(keyOf(device));
    if (!memory) {
      memory = { newest: [], members: new Set() };
      this.#devices.set(keyOf(device), memory);
    }
    for (const [shard, position] of to.entries()) memory.newest[shard] = position;
    for (const userId of userIds) memory.members.add(`${roomId} ${userId}`);
    for (const member of memory.members) {
      if (memory.members.size <= keptMembersPerDevice) break;
      memory.members.delete(member);
    }
  }
}

export interface SyncingDevice {
  readonly userId: string;
  readonly deviceId: string;
}

function keyOf({ userId, deviceId }: SyncingDevice): string {
  return `${userId} ${deviceId}`;
}
