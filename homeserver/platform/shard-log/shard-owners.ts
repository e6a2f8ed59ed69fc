import type { Clock } from '@holdfast/effects/clock.ts';

/** Another process that owns a shard, as last seen. */
export interface ShardOwner {
  readonly processId: string;
  /** host:port for forwarded commands. */
  readonly address: string;
}

/**
 * Which other process owns each shard as far as this one knows, and who waits for that to change. A shard that is owned
 * here, or by nobody, has no owner in it.
 */
export class ShardOwners {
  readonly #clock: Clock;
  readonly #owners = new Map<number, ShardOwner>();
  readonly #epochs = new Map<number, number>();
  readonly #versions = new Map<number, number>();
  readonly #listeners = new Map<number, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(shard: number): ShardOwner | undefined {
    return this.#owners.get(shard);
  }

  /**
   * Notes who was seen to own the shard in an epoch; tells those who wait if it is another owner than before. What was
   * seen earlier and told later is passed over.
   */
  note(shard: number, epoch: number, owner: ShardOwner | undefined): void {
    if (epoch < (this.#epochs.get(shard) ?? 0)) return;
    this.#epochs.set(shard, epoch);
    const known = this.#owners.get(shard);
    if (known?.processId === owner?.processId && known?.address === owner?.address) return;
    if (owner) this.#owners.set(shard, owner);
    else this.#owners.delete(shard);
    this.tellChange(shard);
  }

  /** Wakes all who wait for the shard: it has, or may have, another owner now, or is ready here. */
  tellChange(shard: number): void {
    this.#versions.set(shard, this.version(shard) + 1);
    for (const listener of [...(this.#listeners.get(shard) ?? [])]) listener();
  }

  /** Grows with every change of the shard, so that one that came before the wait for it is not missed. */
  version(shard: number): number {
    return this.#versions.get(shard) ?? 0;
  }

  /** Calls `listener` at every change of the shard. Returns how to stop. */
  onChange(shard: number, listener: () => void): () => void {
    let listeners = this.#listeners.get(shard);
    if (!listeners) this.#listeners.set(shard, (listeners = new Set()));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Resolves as soon as the shard's version is another than `version`, or after `timeoutMs`. */
  waitForChange(shard: number, version: number, timeoutMs: number): Promise<void> {
    if (this.version(shard) !== version) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        stop();
        timer.cancel();
        resolve();
      };
      const timer = this.#clock.startTimer(timeoutMs, finish);
      const stop = this.onChange(shard, finish);
    });
  }
}
