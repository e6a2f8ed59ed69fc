import { BoundedCache } from '../platform/bounded-cache.ts';

/**
 * Values read from the tables and dropped when the log says that they changed. Readers that ask at the same time share
 * one read; what was read before a change that came meanwhile is given to those who had asked, and not kept.
 */
export class SnapshotCache<Value> {
  readonly #limit: number;
  #values: BoundedCache<string, { readonly value: Value }>;
  readonly #reading = new Map<string, Promise<Value>>();

  constructor(limit: number) {
    this.#limit = limit;
    this.#values = new BoundedCache(limit);
  }

  get size(): number {
    return this.#values.size;
  }

  peek(key: string): Value | undefined {
    return this.#values.get(key)?.value;
  }

  async get(key: string, read: () => Promise<Value>): Promise<Value> {
    const known = this.#values.get(key);
    if (known) return known.value;
    const underWay = this.#reading.get(key);
    if (underWay) return await underWay;
    const reading = read();
    this.#reading.set(key, reading);
    try {
      const value = await reading;
      if (this.#reading.get(key) === reading) this.#values.set(key, { value });
      return value;
    } finally {
      if (this.#reading.get(key) === reading) this.#reading.delete(key);
    }
  }

  drop(key: string): void {
    this.#values.delete(key);
    this.#reading.delete(key);
  }

  clear(): void {
    this.#values = new BoundedCache(this.#limit);
    this.#reading.clear();
  }
}
