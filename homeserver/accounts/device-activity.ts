import type { Timer } from '@holdfast/effects/clock.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { type DeviceSeen, updateDeviceSeen } from '../storage/accounts/write-devices.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';

const notedDevices = 50_000;
/** A device that stays where it is is written down so often. */
const noteEveryMs = 5 * 60_000;
const flushEveryMs = 30_000;
const maxAgentLength = 255;

interface SeenInput {
  readonly seen: readonly DeviceSeen[];
}

export const recordDeviceActivityCommand: Command<SeenInput, null> = {
  name: 'record-device-activity',
  key: () => 'device activity',
  releases: 'decided',
  decide(shard, { seen }) {
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes: seen.map(updateDeviceSeen) })) };
  },
};

interface Noted {
  readonly atMs: number;
  readonly address: string;
}

/**
 * When and from where each device was last seen. Collected in memory and written now and then: requests do not wait for
 * it, and what a crash loses is only this.
 */
export class DeviceActivity {
  readonly #context: Context;
  readonly #noted = new BoundedCache<string, Noted>(notedDevices);
  #waiting = new Map<string, DeviceSeen>();
  #timer: Timer | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Takes note of a request. `accessTokenId` stands for the device. */
  note(
    request: { readonly accessTokenId: string; readonly userId: string; readonly deviceId: string },
    address: string,
    agent: string | undefined,
  ): void {
    const nowMs = this.#context.clock.monotonicMs();
    const noted = this.#noted.get(request.accessTokenId);
    if (noted && noted.address === address && nowMs - noted.atMs < noteEveryMs) return;
    this.#noted.set(request.accessTokenId, { atMs: nowMs, address });
    const { userId, deviceId } = request;
    const seenMs = this.#context.clock.wallMs();
    this.#waiting.set(`${userId} ${deviceId}`, {
      ...{ userId, deviceId, seenMs, address },
      agent: agent?.slice(0, maxAgentLength) ?? null,
    });
    this.#timer ??= this.#context.clock.startTimer(flushEveryMs, () => void this.flush());
  }

  /** Writes what has been noted; never throws. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting = new Map();
    const byShard = Map.groupBy(waiting, ({ userId }) => shardOfUser(this.#context, userId));
    try {
      await Promise.all(
        [...byShard].map(([shard, seen]) =>
          this.#context.shardLog.submit(recordDeviceActivityCommand, shard, { seen }),
        ),
      );
    } catch (error) {
      this.#context.log.warn({ err: error }, 'it could not be written down when devices were last seen');
    }
  }
}
