import { forgetOldest } from './forget-oldest.ts';

/** A map that forgets what was used least lately when it is full, a sixteenth of its limit at once. */
export class BoundedCache<Key, Value> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries();
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    // Moving an entry on every hit would cost more than a few wrong evictions: only move once the cache is filling.
    if (value !== undefined && this.#entries.size * 2 > this.#limit) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    forgetOldest(this.#entries, this.#limit);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }
}
